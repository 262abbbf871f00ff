// The event log. Lines that repeat at once are counted, not listed: fifty visuals that shout are one line.

export type Tone = "good" | "bad" | "warn" | "plain";
export interface Line {
  tone: Tone;
  text: string;
}

const KEPT = 200;
const REPEAT_WITHIN_MS = 5_000;

export class EventLog {
  readonly #list: HTMLElement;
  #last: { line: Line; at: number; times: number; badge: HTMLElement } | null = null;

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  add(line: Line): void {
    const now = Date.now();
    const last = this.#last;
    if (last && last.line.text === line.text && now - last.at < REPEAT_WITHIN_MS) {
      last.times += 1;
      last.at = now;
      last.badge.textContent = `× ${last.times}`;
      return;
    }
    this.#last = { line, at: now, times: 1, badge: this.#append(line, new Date(now)) };
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#last = null;
  }

  #append(line: Line, at: Date): HTMLElement {
    const item = document.createElement("li");
    item.className = line.tone;
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = clock(at);
    const text = document.createElement("span");
    text.textContent = line.text;
    const badge = document.createElement("b");
    text.append(" ", badge);
    item.append(time, text);
    // Newest first: on a phone, and beside a tall report, the last line is the one in sight.
    this.#list.prepend(item);
    while (this.#list.childElementCount > KEPT) this.#list.lastElementChild?.remove();
    return badge;
  }
}

export const clock = (at: Date | number) => new Date(at).toLocaleTimeString("en-GB");
