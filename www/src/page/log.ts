// The event log of both panes: kept whole, shown as filtered, copied as JSON. Lines that repeat at once are counted.
import type { LogEvent, Kind, PaneName } from "../pane/api";
import { createElement } from "./dom";
import { clock } from "./format";

export interface Entry extends LogEvent {
  /** null for what happens to both, such as a fault. */
  pane: PaneName | null;
  times: number;
}

const MAX_ENTRIES = 2_000;
const MAX_SHOWN = 150;
const REPEAT_WITHIN_MS = 60_000;
export const PANE_LABELS: Record<PaneName, string> = { keeper: "keeper", loop: "loop" };

export class EventLog {
  readonly #list: HTMLElement;
  readonly #entries: Entry[] = [];
  readonly #panes = new Set<PaneName>(["keeper", "loop"]);
  readonly #kinds: Set<Kind>;
  #stale = false;

  constructor(list: HTMLElement, kinds: readonly Kind[]) {
    this.#list = list;
    this.#kinds = new Set(kinds);
  }

  add(pane: PaneName | null, { at, kind, tone, text }: LogEvent): void {
    // a few lines of both panes alternate
    const before = this.#entries.slice(-6).find((entry) => entry.pane === pane && entry.text === text);
    if (before && at - before.at < REPEAT_WITHIN_MS) before.times += 1;
    else this.#entries.push({ at, pane, kind, tone, text, times: 1 });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    this.#stale = true;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#stale = true;
  }

  showPane(pane: PaneName, on: boolean): void {
    this.#panes[on ? "add" : "delete"](pane);
    this.#stale = true;
  }

  showKind(kind: Kind, on: boolean): void {
    this.#kinds[on ? "add" : "delete"](kind);
    this.#stale = true;
  }

  /** Of what is shown, oldest first. Nothing in it was ever near a token. */
  json(): string {
    return JSON.stringify(
      this.#shown().map(({ at, pane, ...rest }) => ({ at: new Date(at).toISOString(), pane: pane ?? "both", ...rest })),
      null,
      2,
    );
  }

  paint(): void {
    if (!this.#stale) return;
    this.#stale = false;
    // Newest first: on a phone, and beside tall panels, the last line is the one in sight.
    this.#list.replaceChildren(...this.#shown().slice(-MAX_SHOWN).reverse().map(line));
  }

  #shown(): Entry[] {
    return this.#entries.filter(({ pane, kind }) => this.#kinds.has(kind) && (pane === null || this.#panes.has(pane)));
  }
}

function line({ at, pane, tone, text, times }: Entry): HTMLElement {
  const item = createElement(
    "li",
    { className: tone },
    createElement("time", { dateTime: new Date(at).toISOString(), textContent: clock(at) }),
    createElement("span", { className: "who", textContent: pane === null ? "both" : PANE_LABELS[pane] }),
  );
  const words = createElement("span", { textContent: text });
  if (times > 1) words.append(" ", createElement("b", { textContent: `× ${times}` }));
  item.append(words);
  return item;
}
