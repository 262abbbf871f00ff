// The event log of both lanes: kept whole, shown as filtered, copied as JSON. Lines that repeat at once are counted.
import type { Happening, Kind, LaneName } from "../lane/api";
import { make } from "./dom";
import { clock } from "./format";

export interface Entry extends Happening {
  /** null for what happens to both, such as a fault. */
  lane: LaneName | null;
  times: number;
}

const KEPT = 2_000;
const SHOWN = 150;
const REPEAT_WITHIN_MS = 60_000;
export const LANE_WORDS: Record<LaneName, string> = { keeper: "keeper", loop: "loop" };

export class EventLog {
  readonly #list: HTMLElement;
  readonly #entries: Entry[] = [];
  readonly #lanes = new Set<LaneName>(["keeper", "loop"]);
  readonly #kinds: Set<Kind>;
  #stale = false;

  constructor(list: HTMLElement, kinds: readonly Kind[]) {
    this.#list = list;
    this.#kinds = new Set(kinds);
  }

  add(lane: LaneName | null, { at, kind, tone, text }: Happening): void {
    // a few lines of both lanes alternate
    const before = this.#entries.slice(-6).find((entry) => entry.lane === lane && entry.text === text);
    if (before && at - before.at < REPEAT_WITHIN_MS) before.times += 1;
    else this.#entries.push({ at, lane, kind, tone, text, times: 1 });
    if (this.#entries.length > KEPT) this.#entries.shift();
    this.#stale = true;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#stale = true;
  }

  showLane(lane: LaneName, on: boolean): void {
    this.#lanes[on ? "add" : "delete"](lane);
    this.#stale = true;
  }

  showKind(kind: Kind, on: boolean): void {
    this.#kinds[on ? "add" : "delete"](kind);
    this.#stale = true;
  }

  /** Of what is shown, oldest first. Nothing in it was ever near a token. */
  json(): string {
    return JSON.stringify(
      this.#shown().map(({ at, lane, ...rest }) => ({ at: new Date(at).toISOString(), lane: lane ?? "both", ...rest })),
      null,
      2,
    );
  }

  paint(): void {
    if (!this.#stale) return;
    this.#stale = false;
    // Newest first: on a phone, and beside tall panels, the last line is the one in sight.
    this.#list.replaceChildren(...this.#shown().slice(-SHOWN).reverse().map(line));
  }

  #shown(): Entry[] {
    return this.#entries.filter(({ lane, kind }) => this.#kinds.has(kind) && (lane === null || this.#lanes.has(lane)));
  }
}

function line({ at, lane, tone, text, times }: Entry): HTMLElement {
  const item = make(
    "li",
    { className: tone },
    make("time", { dateTime: new Date(at).toISOString(), textContent: clock(at) }),
    make("span", { className: "who", textContent: lane === null ? "both" : LANE_WORDS[lane] }),
  );
  const words = make("span", { textContent: text });
  if (times > 1) words.append(" ", make("b", { textContent: `× ${times}` }));
  item.append(words);
  return item;
}
