// The faults, grouped, and the line that says what to watch.
import { button, el, isPressed, createElement, setPressed } from "./dom";
import type { Demo } from "./demo";
import type { Switches } from "../backend";
import { type Fault, FAULTS, type Group, GROUPS, isToggle, LIFETIMES, LIFETIME_WATCH } from "./faults";

const START = "Pick a fault: it affects both pages at once, and this line says what to watch.";

export class FaultPanel {
  readonly #buttons = new Map<string, HTMLButtonElement>();
  readonly #lifetime = el<HTMLSelectElement>("lifetime");
  readonly #demo: () => Demo;
  #startedAt = 0;

  constructor(demo: () => Demo, act: (work: () => Promise<void>) => void) {
    this.#demo = demo;
    for (const group of Object.keys(GROUPS) as Group[]) this.#build(group, act);
    for (const { label, seconds } of LIFETIMES) this.#lifetime.add(new Option(label, String(seconds)));
    this.#lifetime.addEventListener("change", () => {
      this.#watch(LIFETIME_WATCH);
      act(() => demo().setLifetime(Number(this.#lifetime.value)));
    });
    el("all-well").addEventListener("click", () => {
      this.#watch(START);
      act(() => demo().clearFaults());
    });
    this.#watch(START);
  }

  /** In live mode only some switches of the backend are there. */
  restrict(switches: readonly (keyof Switches)[]): void {
    if (switches.length === 0) el("faults").hidden = true;
    const isThere = (fault: Fault) =>
      isToggle(fault) && Object.keys(fault.on.switches ?? {}).some((key) => switches.includes(key as keyof Switches));
    for (const fault of FAULTS) if (!isThere(fault)) this.#buttons.get(fault.key)?.remove();
    for (const group of Object.keys(GROUPS) as Group[]) {
      const place = el(`faults-${group}`);
      if (place.childElementCount === 0 && place.parentElement) place.parentElement.hidden = true;
    }
  }

  show(): void {
    const { active, lifetimeSeconds, startedAt } = this.#demo();
    if (startedAt !== this.#startedAt) this.#watch(START);
    this.#startedAt = startedAt;
    for (const [key, one] of this.#buttons) if (one.hasAttribute("aria-pressed")) setPressed(one, active.has(key));
    if (![...this.#lifetime.options].some(({ value }) => Number(value) === lifetimeSeconds))
      this.#lifetime.add(new Option(`${lifetimeSeconds / 60} minutes`, String(lifetimeSeconds)));
    this.#lifetime.value = String(lifetimeSeconds);
    el<HTMLButtonElement>("all-well").disabled = active.size === 0;
  }

  #build(group: Group, act: (work: () => Promise<void>) => void): void {
    const place = el(`faults-${group}`);
    for (const fault of FAULTS.filter((one) => one.group === group)) {
      const made = button(fault.label, () => {
        const on = isToggle(fault) && !isPressed(made);
        this.#watch(isToggle(fault) && !on ? START : fault.watch);
        act(() => (isToggle(fault) ? this.#demo().setFault(fault, on) : this.#demo().act(fault)));
      });
      if (isToggle(fault)) setPressed(made, false);
      this.#buttons.set(fault.key, made);
      place.append(made);
    }
    place.setAttribute("aria-label", GROUPS[group]);
  }

  #watch(text: string): void {
    el("watch").replaceChildren(createElement("strong", { textContent: text === START ? "" : "Watch: " }), text);
  }
}
