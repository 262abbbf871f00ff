// Puts a mask in the place of everything in a pasted text that is, or could be, a secret. What is unsure is masked.
import type { TokenReport } from "powerbi-token-keeper";
import type { Piece } from "../../npm/src/cli/parse-input";

/** A text under such a name is a secret however short it is. */
const SECRET_NAME = /(?:token|secret|password|assertion|authorization|credential|cookie|key)s?$/i;
/** A GUID has 36 characters, and tokens have hundreds. */
// A token that was broken into lines goes on in the next ones, the last of which may be short.
const RUN = /https?:\/\/[^\s"'`<>«»]+|[\w+/=.~%-]{40,}(?:\\?\r?\n[ \t]*[\w+/=.~%-]+(?=[ \t]*(?:\r?\n|["'`]|$)))*/g;
const LONG = /[\w+/=.~%-]{40,}/g;
/** `config=` of an embedUrl when it is what the API makes it: `{"clusterUrl"`, which is no secret. */
const HARMLESS = /([?&]config=eyJjbHVzdGVyVXJs[\w+/=%-]*)/;
const MASK = /«[^«»]* characters?»/;

const KINDS: Record<TokenReport["kind"], string> = {
  aad: "Entra token",
  embed: "embed token",
  legacy: "workspace collection token",
  unknown: "text",
};

export const tokenWord = (report: TokenReport | null) => KINDS[report?.kind ?? "unknown"];
export const isMasked = (text: string) => MASK.test(text);

export function mask(text: string, what = "text"): string {
  return `«${what}, ${text.length.toLocaleString("en")} ${text.length === 1 ? "character" : "characters"}»`;
}

/** The text with its pieces under secret names masked, and every long run besides. `what` names the access token. */
export function maskPieces(text: string, pieces: readonly Piece[], what: string): string {
  let masked = "";
  let done = 0;
  for (const { key, from, to } of [...pieces].sort((a, b) => a.from - b.from)) {
    if (from < done || to === from || !SECRET_NAME.test(key)) continue;
    masked += maskRuns(text.slice(done, from)) + mask(text.slice(from, to), key === "accessToken" ? what : "text");
    done = to;
  }
  return masked + maskRuns(text.slice(done));
}

/** Masks long runs of a token's letters; of an address only such parts of it. */
export function maskRuns(text: string): string {
  return text.replace(RUN, (run) => (run.startsWith("http") ? maskAddress(run) : mask(run)));
}

function maskAddress(address: string): string {
  const parts = address.split(HARMLESS);
  return parts
    .map((part) =>
      HARMLESS.test(part) ? part : part.replace(/[^/?&#=:]+/g, (segment) => segment.replace(LONG, (run) => mask(run))),
    )
    .join("");
}
