import type { ErrorCode } from "./types.js";

/** The error that a keeper rejects with. Its message never holds a token. */
export class KeeperError extends Error {
  /** The stable code of the cause. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = MESSAGES[code]) {
    super(message);
    // an assignment throws where a page has frozen what errors inherit
    Object.defineProperty(this, "name", { value: "KeeperError", configurable: true });
    this.code = code;
  }
}

/** The errors that {@link badOption} made: what a page throws may look like one, or be a proxy that can't be asked. */
const badOptions = new WeakSet<object>();

/** The error for a bad argument, with the option's name in its message. */
export function badOption(
  name: string,
  requirement: string,
  Kind: typeof TypeError | typeof RangeError = TypeError,
): Error {
  const error = Object.assign(new Kind(`powerbi-token-keeper: ${name} ${requirement}`), {
    code: "ERR_OPTION" satisfies ErrorCode,
  });
  badOptions.add(error);
  return error;
}

/**
 * Reads an argument of the page's. Whatever its getters and traps throw, the argument is a bad one.
 *
 * @throws TypeError or RangeError with the code `ERR_OPTION`, and nothing else
 */
export function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw badOptions.has(error as object) ? error : badOption(name, "can't be read");
  }
}

const MESSAGES: Record<ErrorCode, string> = {
  ERR_OPTION: "An option is not as it should be.",
  ERR_ENGINE: "Neither the WebAssembly nor the JavaScript build could be started here.",
  ERR_CRASHED: "A defect of powerbi-token-keeper; this keeper has stopped.",
  ERR_STOPPED: "The keeper has been stopped.",
  ERR_SOURCE_NETWORK: "The token source could not be reached.",
  ERR_SOURCE_TIMEOUT: "The token source took longer than sourceTimeoutMs.",
  ERR_SOURCE_STATUS: "The token source answered with an error status.",
  ERR_SOURCE_DENIED: "The token source answered 401 or 403: the user must sign in.",
  ERR_SOURCE_THROTTLED: "The token source asked to wait (429 or 503).",
  ERR_SOURCE_THREW: "The token source function threw or rejected.",
  ERR_SOURCE_ANSWER: "No token could be read from the token source's answer.",
  ERR_TOKEN_EXPIRED: "The token source answered with a token that has already expired.",
  ERR_TOKEN_SAME: "The token source answered with the old token.",
  ERR_TOKEN_OLDER: "The token source answered with a token that expires no later than the old one.",
  ERR_TOKEN_TYPE: "The token source answered with the other kind of token (Aad where Embed is needed, or the reverse).",
  ERR_TOKEN_UNUSABLE: "The token source answered with a token that Power BI will refuse.",
  ERR_TOKEN_SUBJECT: "The token source answered with another user's token.",
  ERR_EXPIRATION_UNKNOWN: "Neither the token source's answer nor the token says when it expires.",
  ERR_APPLY_TIMEOUT: "setAccessToken took longer than applyTimeoutMs.",
  ERR_APPLY_REJECTED: "setAccessToken failed.",
  ERR_APPLY_GONE: "The embed is gone from the page.",
  ERR_BUDGET: "The request budget is spent for now.",
};
