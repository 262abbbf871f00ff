/** A text that can't print itself: not in a log, not as JSON, not in an error. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  expose(): string {
    return this.#text;
  }

  toString() {
    return "[secret]";
  }

  toJSON() {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")]() {
    return "[secret]";
  }
}
