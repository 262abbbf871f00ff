// The ring: how much of the token's life is left, and where its refresh window opens.
import { countdown } from "./format";

const NS = "http://www.w3.org/2000/svg";
const RADIUS = 54;

export interface RingReading {
  remainingMs: number | null;
  lifetimeMs: number | null;
  windowMs: number | null;
  tone: "good" | "busy" | "bad" | "off";
}

export class Ring {
  readonly #left: SVGCircleElement;
  readonly #window: SVGCircleElement;
  readonly #time: HTMLElement;
  readonly #caption: HTMLElement;
  readonly #place: HTMLElement;

  constructor(place: HTMLElement) {
    this.#place = place;
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", "0 0 140 140");
    svg.setAttribute("aria-hidden", "true");
    this.#window = arc("window", RADIUS + 10);
    this.#left = arc("left", RADIUS);
    svg.append(arc("track", RADIUS), this.#window, this.#left);
    const centre = document.createElement("div");
    centre.className = "ring-centre";
    this.#time = document.createElement("strong");
    this.#time.setAttribute("role", "timer");
    this.#time.setAttribute("aria-label", "Time the token has left");
    this.#caption = document.createElement("span");
    centre.append(this.#time, this.#caption);
    place.append(svg, centre);
  }

  show({ remainingMs, lifetimeMs, windowMs, tone }: RingReading): void {
    const left = remainingMs === null ? 0 : Math.max(0, remainingMs);
    fill(this.#left, lifetimeMs ? left / lifetimeMs : 0);
    fill(this.#window, lifetimeMs && windowMs ? windowMs / lifetimeMs : 0);
    this.#place.dataset["tone"] = tone;
    this.#time.textContent = remainingMs === null ? "–:––" : countdown(left);
    this.#caption.textContent = remainingMs === null ? "no token" : left === 0 ? "expired" : "left";
  }
}

function arc(name: string, radius: number): SVGCircleElement {
  const circle = document.createElementNS(NS, "circle");
  circle.setAttribute("class", name);
  circle.setAttribute("cx", "70");
  circle.setAttribute("cy", "70");
  circle.setAttribute("r", String(radius));
  // Lengths below are then parts of a hundred, whatever the radius.
  circle.setAttribute("pathLength", "100");
  circle.setAttribute("transform", "rotate(-90 70 70)");
  return circle;
}

function fill(circle: SVGCircleElement, part: number): void {
  const share = Math.min(1, part) * 100;
  circle.setAttribute("stroke-dasharray", `${share.toFixed(2)} 100`);
  // A dash of no length still paints its round end.
  circle.toggleAttribute("hidden", share < 0.1);
}
