/** Prompts at the terminal without echoing the input. */
import type { ReadStream } from "node:tty";
import { UsageError } from "./args.js";

/**
 * The time after a line break in which more of the same paste may arrive; it must not reach the shell, which echoes it.
 */
const QUIET_MS = 100;

const ENDS = /[\r\n\u0004]/; // Enter, Ctrl+D
const INTERRUPTED = 130;

/**
 * Reads what is typed or pasted until Enter. In raw mode, since a terminal cuts its lines at 4,096 characters, which
 * embed tokens reach.
 */
export async function ask(terminal: ReadStream, say: NodeJS.WritableStream, question: string): Promise<string> {
  // Before the question, which invites the paste.
  terminal.setRawMode(true);
  say.write(question);
  terminal.setEncoding("utf8");
  try {
    return await typed(terminal);
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
    say.write("\n");
  }
}

function typed(terminal: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    let ending: NodeJS.Timeout | undefined;
    const done = () => {
      clearTimeout(ending);
      terminal.off("data", take).off("end", done);
      resolve(withoutEnds(text).replaceAll("\r", "\n"));
    };
    const take = (part: string) => {
      clearTimeout(ending);
      if (part.includes("\u0003")) return reject(new UsageError("Interrupted.", INTERRUPTED));
      text = edited(text + part);
      if (ENDS.test(text)) ending = setTimeout(done, QUIET_MS);
    };
    terminal.on("data", take).on("end", done);
  });
}

/** Without the marks of a bracketed paste, and with Backspace and Ctrl+U done. */
function edited(text: string): string {
  let kept = text.replace(/\u001b\[20[01]~/g, "").replace(/^.*\u0015/s, "");
  while (/[\b\u007f]/.test(kept)) kept = kept.replace(/[^\b\u007f]?[\b\u007f]/u, "");
  return kept;
}

/** The text without the line breaks and Ctrl+D at its end. */
function withoutEnds(text: string): string {
  let end = text.length;
  while (end > 0 && "\r\n\u0004".includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
