// Replaces secrets in what Microsoft says, before it is logged or passed on: an error may quote what it refuses.
import type { Secret } from "./secret";

const REPLACEMENT = "[secret]";
/** So many characters in a row of a secret give it away. */
const TELLING = 12;
/** The client secret and the last few Entra tokens. */
const MAX_SECRETS = 5;
/** Longer than any error of Microsoft's. */
const MAX_TEXT = 4_000;
/** A JWT, and an embed token. */
const TOKENS = /eyJ[\w-]{20,}(?:\.[\w-]*)*|H4sI[\w+/=.-]{20,}/g;

export class SecretFilter {
  readonly #secrets: string[] = [];

  /** The first one stays; of the others the latest do. */
  add(secret: Secret): void {
    for (const form of formsOf(secret.expose())) {
      if (form.length < TELLING || this.#secrets.includes(form)) continue;
      if (this.#secrets.length >= MAX_SECRETS * 2) this.#secrets.splice(2, 1);
      this.#secrets.push(form);
    }
  }

  /** The text, cut to a length, without any part of a secret that gives it away. */
  clean(text: string): string {
    const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
    // whole tokens first: two of them share parts, and what is left between those parts would remain
    return this.#secrets.reduce(without, cut.replace(TOKENS, REPLACEMENT));
  }
}

/** As it is, and as it stands in an address or a form. */
const formsOf = (secret: string) => new Set([secret, encodeURIComponent(secret)]);

/** Replaces every run of characters that `text` shares with `secret`. */
function without(text: string, secret: string): string {
  let result = text;
  for (let at = 0; at + TELLING <= secret.length; at += 1) {
    const start = result.indexOf(secret.slice(at, at + TELLING));
    if (start < 0) continue;
    let length = TELLING;
    while (at + length < secret.length && result[start + length] === secret[at + length]) length += 1;
    result = result.slice(0, start) + REPLACEMENT + result.slice(start + length);
    at -= 1; // it may be quoted more than once
  }
  return result;
}
