// Which fault was on from when to when: the shaded spans of both timelines.

export interface FaultSpan {
  readonly label: string;
  readonly from: number;
  /** null while it goes on. */
  to: number | null;
}

const MAX_ENTRIES = 200;

export class FaultSpans {
  readonly all: FaultSpan[] = [];
  readonly #open = new Map<string, FaultSpan>();

  begin(key: string, label: string, at: number): void {
    this.end(key, at);
    const span: FaultSpan = { label, from: at, to: null };
    this.#open.set(key, span);
    this.all.push(span);
    if (this.all.length > MAX_ENTRIES) this.all.shift();
  }

  end(key: string, at: number): void {
    const span = this.#open.get(key);
    if (span) span.to = at;
    this.#open.delete(key);
  }

  clear(): void {
    this.all.length = 0;
    this.#open.clear();
  }
}
