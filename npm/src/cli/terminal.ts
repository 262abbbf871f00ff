/** Writes lines for people: indented, wrapped to the terminal's width, coloured on a terminal. */

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

/** Wider than this is hard to read. */
const MAX_WIDTH = 100;
const MIN_WIDTH = 40;

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export class TerminalWriter {
  readonly #lines: string[] = [];
  readonly #width: number;
  readonly #coloured: boolean;

  constructor({ isTTY = false, columns = MAX_WIDTH }: Output, { NO_COLOR, TERM }: NodeJS.ProcessEnv) {
    // Output to a pipe keeps each sentence on one line.
    this.#width = isTTY ? Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, columns)) : Infinity;
    this.#coloured = isTTY && !NO_COLOR && TERM !== "dumb";
  }

  /** A line, with a label in a column of `indent` characters before it; what is too long goes on below the text. */
  line(
    text: string,
    {
      indent = 0,
      label = "",
      style,
      labelStyle,
    }: { indent?: number; label?: string; style?: Style; labelStyle?: Style } = {},
  ): this {
    const gap = " ".repeat(Math.max(0, indent - label.length));
    wrap(escapeControls(text, true), this.#width - indent).forEach((part, n) => {
      const before = n ? " ".repeat(indent) : this.#in(labelStyle, label) + gap;
      this.#lines.push((before + this.#in(style, part)).trimEnd());
    });
    return this;
  }

  /** An empty line. */
  blank(): this {
    this.#lines.push("");
    return this;
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #in(style: Style | undefined, text: string): string {
    return style && this.#coloured && text ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  }
}

/**
 * Claims, ids and file names are untrusted: with control, format and separator characters escaped they can't send
 * commands to the terminal or reorder its text. JSON escapes the others itself, and keeps its line breaks.
 */
export function escapeControls(text: string, lineBreaks = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" && !lineBreaks ? character : character.split("").map(unit).join(""),
  );
}

const unit = (half: string) => `\\u${half.charCodeAt(0).toString(16).padStart(4, "0")}`;

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1] as string;
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
