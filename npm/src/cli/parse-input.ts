// Reads values out of code as people paste it: JSON, JavaScript and TypeScript literals, JSX, what a console prints. It
// never runs any of it. The command line and the demo's diagnosis page share it.
//
// Parsers of others were tried on what the tests paste: of 14 texts json5 reads 5, acorn 9, acorn-loose 10. json5 and
// acorn end at the first name, type, "…" or broken line. acorn-loose reads on, but it cuts a token that was broken into
// lines, mends code that breaks off instead of saying where, and would still need the half of this file that finds
// where values begin, knows models.TokenType.Embed and notes the places to mask. Every step is linear in the text.

export type Value = string | number | boolean | null | undefined | (() => void) | Value[] | { [key: string]: Value };

/** Where a text, or code that could not be read, stands in what was pasted. */
export interface Piece {
  /** The nearest name before it. */
  key: string;
  from: number;
  to: number;
  value: string | null;
}

export interface Pasted {
  values: Value[];
  pieces: Piece[];
  /** Names whose values are code: `accessToken: response.token`. */
  unread: Set<string>;
}

const MOST_DEPTH = 60;
const ENUMS: Record<string, Record<string, number>> = {
  TokenType: { Aad: 0, Embed: 1 },
  Permissions: { Read: 0, ReadWrite: 1, Copy: 2, Create: 4, All: 7 },
  ViewMode: { View: 0, Edit: 1 },
  ContrastMode: { None: 0 },
};
const WORDS = new Map<string, Value>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", undefined],
]);
const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", v: "\v", 0: "\0" };
const NAME = /[\p{L}\p{Nl}$_][\p{L}\p{Nl}\p{Nd}$_]*/uy;
const NUMBER = /[+-]?(?:0x[\da-f]+|(?:\d[\d_]*)?\.?\d+(?:e[+-]?\d+)?)/iy;
const PATH = /[\p{L}$_][\p{L}\p{Nd}$_]*(?:\s*\??\.\s*[\p{L}$_][\p{L}\p{Nd}$_]*)*/uy;
const TYPE_WORD = /(?:as|satisfies)(?=\s)/y;
const FUNCTION = /^(?:async\b\s*)?(?:function\b|\([^()]*\)\s*(?::[^=]*)?=>|[\w$]+\s*=>)/;
const noop = () => {};

/** An element of JSX, whose attributes hold values in braces: `embedConfig={{ … }}`. */
const JSX = /<[A-Z][\w.]*\s/;

/** What could not be read, and where; its message quotes nothing of what was pasted. */
export class Unreadable extends Error {
  constructor(text: string, at: number, expected: string) {
    const before = text.slice(0, at).split("\n");
    super(`${expected} is missing in line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`);
  }
}

/** Every object and list in the text, with anything that stands before, between and after them passed over. */
export function read(text: string): Pasted {
  const reader = new Reader(text);
  const values = reader.all();
  return { values, pieces: reader.pieces, unread: reader.unread };
}

class Reader {
  readonly pieces: Piece[] = [];
  readonly unread = new Set<string>();
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Value[] {
    const found: Value[] = [];
    const isJsx = JSX.test(this.#text);
    for (;;) {
      this.#blanks();
      const next = this.#peek();
      if (next === "") return found;
      if (isJsx && next === "{" && this.#text.charAt(this.#at - 1) === "=") found.push(...this.#attribute());
      else if (next === "{" || next === "[") found.push(this.#value(""));
      else this.#at += 1;
    }
  }

  /** What the braces around a JSX attribute's value hold. */
  #attribute(): Value[] {
    this.#at += 1;
    this.#blanks();
    const values = this.#peek() === "{" || this.#peek() === "[" ? [this.#value("")] : [];
    this.#passOver();
    this.#at += 1;
    return values;
  }

  #peek = () => this.#text.charAt(this.#at);
  #starts = (what: string) => this.#text.startsWith(what, this.#at);

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #fail(expected: string): never {
    throw new Unreadable(this.#text, this.#at, expected);
  }

  /** White space and comments. The slashes of an address in a stack trace begin none. */
  #blanks(): void {
    while (
      this.#match(/[\s\u200b\ufeff]+/y) ??
      (/[:/]/.test(this.#text.charAt(this.#at - 1)) ? null : this.#match(/\/\/[^\n]*/y)) ??
      this.#match(/\/\*[\s\S]*?(?:\*\/|$)/y)
    );
  }

  #value(key: string): Value {
    const from = this.#at;
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) this.#fail("the end of so deep a nesting");
    const value = this.#literal(key);
    this.#depth -= 1;
    if (value !== CODE) {
      this.#blanks();
      this.#typeNote();
      if (this.#depth === 0 || this.#peek() === "" || ",;}])".includes(this.#peek())) return value;
    }
    return this.#code(key, from);
  }

  /** `as const`, `satisfies models.IEmbedConfiguration`: passed over up to what ends the value. */
  #typeNote(): void {
    if (this.#match(TYPE_WORD) === null) return;
    while (this.#peek() !== "" && !",;}])".includes(this.#peek())) this.#at += 1;
  }

  #literal(key: string): Value | typeof CODE {
    const next = this.#peek();
    if (next === "{") return this.#object();
    if (next === "[") return this.#list(key);
    if (next === '"' || next === "'" || next === "`") return this.#string(key);
    const number = this.#match(NUMBER);
    if (number !== null) return Number(number.replaceAll("_", ""));
    const path = this.#match(PATH)?.replace(/\s|\?/g, "");
    if (path === undefined) return CODE;
    if (WORDS.has(path)) return WORDS.get(path);
    const [member = "", owner = ""] = path.split(".").reverse();
    return ENUMS[owner]?.[member] ?? CODE;
  }

  /** An expression that is no literal: a function is kept as one, anything else as a gap. */
  #code(key: string, from: number): Value {
    this.#at = from;
    this.#passOver();
    if (this.#at === from) this.#fail("a value");
    const code = this.#text.slice(from, this.#at);
    this.pieces.push({ key, from, to: this.#at, value: null });
    if (FUNCTION.test(code)) return noop;
    this.unread.add(key);
    return undefined;
  }

  #passOver(): void {
    for (let open = 0; ; ) {
      this.#blanks();
      const next = this.#peek();
      if (next === "") return;
      if (open === 0 && ",;}])".includes(next)) return;
      if (next === '"' || next === "'" || next === "`") {
        this.#string("");
        continue;
      }
      if ("{[(".includes(next)) open += 1;
      if ("}])".includes(next)) open -= 1;
      this.#at += 1;
    }
  }

  #object(): Value {
    const entries: [string, Value][] = [];
    this.#at += 1;
    for (;;) {
      this.#blanks();
      if (this.#peek() === "}") break;
      if (this.#peek() === "") this.#fail("a closing brace");
      this.#member(entries);
      this.#blanks();
      if (this.#peek() === "," || this.#peek() === ";") this.#at += 1;
      else if (this.#peek() !== "}") this.#fail("a comma or a closing brace");
    }
    this.#at += 1;
    // Defines even "__proto__" as a member like any other.
    return Object.fromEntries(entries);
  }

  #member(entries: [string, Value][]): void {
    // a spread, or a console's "and more"
    if (this.#starts("...") || this.#starts("…")) {
      this.#passOver();
      return;
    }
    this.#match(/(?:async|get)\s+(?=[\p{L}$_])/uy);
    const key = this.#key();
    this.#blanks();
    if (this.#peek() === ":") {
      this.#at += 1;
      this.#blanks();
      entries.push([key, this.#value(key)]);
    } else if (this.#peek() === "(") {
      this.#passOver();
      entries.push([key, noop]);
    } else {
      // `{ accessToken }`
      this.unread.add(key);
    }
  }

  #key(): string {
    const next = this.#peek();
    if (next === '"' || next === "'") return this.#quoted();
    return this.#match(NAME) ?? this.#match(/\d+/y) ?? this.#fail("a name");
  }

  #list(key: string): Value {
    const items: Value[] = [];
    this.#at += 1;
    for (;;) {
      this.#blanks();
      if (this.#peek() === "]") break;
      if (this.#peek() === "") this.#fail("a closing bracket");
      if (this.#starts("...") || this.#starts("…")) this.#passOver();
      else items.push(this.#value(key));
      this.#blanks();
      if (this.#peek() === ",") this.#at += 1;
      else if (this.#peek() !== "]") this.#fail("a comma or a closing bracket");
    }
    this.#at += 1;
    return items;
  }

  #string(key: string): Value | typeof CODE {
    const from = this.#at;
    const template = this.#peek() === "`";
    const value = this.#quoted();
    this.pieces.push({ key, from: from + 1, to: this.#at - 1, value });
    return template && value.includes("${") ? CODE : value;
  }

  /** A raw line break is kept, as in a token that a mail programme broke. */
  #quoted(): string {
    const start = this.#at;
    const quote = this.#peek();
    let value = "";
    this.#at += 1;
    for (;;) {
      const next = this.#peek();
      if (next === "") {
        this.#at = start;
        this.#fail("the closing quote of the text that begins");
      }
      this.#at += 1;
      if (next === quote) return value;
      value += next === "\\" ? this.#escaped() : next;
    }
  }

  #escaped(): string {
    const code = this.#match(/u\{[\da-f]{1,6}\}|u[\da-f]{4}|x[\da-f]{2}/iy);
    if (code !== null) {
      const point = Number.parseInt(code.replace(/[ux{}]/gi, ""), 16);
      return point > 0x10ffff ? "" : String.fromCodePoint(point);
    }
    const next = this.#peek();
    this.#at += 1;
    return next === "\n" ? "" : (ESCAPES[next] ?? next);
  }
}

const CODE = Symbol("code");
