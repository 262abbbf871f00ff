// What each page may load and reach. The server sends these as headers; the build also writes the diagnosis page's
// into the page itself, so that it holds wherever the built files are hosted.

/** What live mode adds: where Microsoft's frames come from and, if visitors sign in, whom their browser asks. */
export interface ExternalOrigins {
  frames: readonly string[];
  requests: readonly string[];
}

const NOTHING: ExternalOrigins = { frames: [], requests: [] };

// 'wasm-unsafe-eval' lets the page compile WebAssembly and nothing else; the keeper needs no more than this line.
const rules = ({ frames, requests }: ExternalOrigins) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${["'self'", ...requests].join(" ")}`,
    `frame-src ${["'self'", ...frames].join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
export const PAGE_RULES = rules(NOTHING);

// The documentation has no script.
export const DOCS_RULES = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

// The stand-in frame is one file with its script and style inside, and may be embedded by our own pages alone.
export const FRAME_RULES =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
export const FRAME_POLICY = `${FRAME_RULES}; frame-ancestors 'self'`;

// MSAL's redirect page hands what Entra's answer says on to the page that asked, from a window or a frame of it.
const SIGNED_IN_POLICY =
  "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

// People paste production tokens into the diagnosis page, so it has no destination: no fetch, socket, beacon, form,
// frame, worker or image from anywhere. It is a page of its own and not a part of the demo, whose connect-src must
// name the backend; nor a frame in it, since a page may use the fetch of another of its origin. Its scripts and its
// style still come from the server that it came from itself. No policy can forbid a page to navigate: the page's
// only links are fixed texts, and tests/browser/panel.test.mjs sees that nothing is asked for once it is loaded.
export const DIAGNOSIS_RULES = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'none'",
  "frame-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
// This one a page can't set for itself.
const DIAGNOSIS_POLICY = `${DIAGNOSIS_RULES}; frame-ancestors 'none'`;

/** The policy of a built file, by its name. */
export function policyOf(file: string, external: ExternalOrigins = NOTHING): string {
  switch (file) {
    case "diagnose.html":
      return DIAGNOSIS_POLICY;
    case "signed-in.html":
      return SIGNED_IN_POLICY;
    // a pane is a page of its own inside the demo's
    case "pane.html":
      return `${rules(external)}; frame-ancestors 'self'`;
    default:
      return `${rules(external)}; frame-ancestors 'none'`;
  }
}
