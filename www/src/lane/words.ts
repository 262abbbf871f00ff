// The keeper's events and states in plain words.
import type { ErrorCode, KeeperEventMap, KeeperState, RefreshReason } from "powerbi-token-keeper";
import type { Happening } from "./api";

export type Words = Pick<Happening, "kind" | "tone" | "text">;

const clock = (at: number) => new Date(at).toLocaleTimeString("en-GB");

const REASONS: Record<RefreshReason, string> = {
  initial: "the first one",
  poll: "the poll found it due",
  visible: "the tab became visible",
  pageshow: "back from the page cache",
  resume: "the page was unfrozen",
  online: "the network came back",
  focus: "the window got the focus",
  retry: "a retry",
  provider: "the frame asked accessTokenProvider",
  "token-expired": "the report said TokenExpired",
  manual: "you asked",
};

const FAILURES: Partial<Record<ErrorCode, string>> = {
  ERR_SOURCE_NETWORK: "the backend could not be reached",
  ERR_SOURCE_TIMEOUT: "the backend took too long",
  ERR_SOURCE_DENIED: "the backend says the sign-in has ended",
  ERR_SOURCE_THROTTLED: "the backend asks for patience",
  ERR_SOURCE_ANSWER: "the answer held no token",
  ERR_TOKEN_SAME: "it was the same token again",
  ERR_TOKEN_OLDER: "it was an older token",
  ERR_TOKEN_EXPIRED: "the new token had expired already",
  ERR_TOKEN_TYPE: "it was a token of the other kind",
  ERR_TOKEN_UNUSABLE: "the new token was damaged",
  ERR_APPLY_TIMEOUT: "the frame did not answer",
  ERR_APPLY_REJECTED: "the frame refused it",
  ERR_APPLY_GONE: "the report is gone",
  ERR_BUDGET: "enough requests for now",
};

export const STATES: Record<KeeperState, { text: string; tone: "good" | "busy" | "bad" | "off" }> = {
  idle: { text: "idle", tone: "off" },
  fresh: { text: "fresh", tone: "good" },
  due: { text: "due", tone: "busy" },
  refreshing: { text: "refreshing", tone: "busy" },
  retrying: { text: "retrying", tone: "busy" },
  denied: { text: "denied", tone: "bad" },
  expired: { text: "expired", tone: "bad" },
  stopped: { text: "off", tone: "off" },
};

const failure = (code: ErrorCode) => FAILURES[code] ?? code;
const seconds = (ms: number) => `${Math.max(1, Math.round(ms / 1000))} s`;
const nextTry = (ms: number | null) => (ms === null ? "" : ` Next try in ${seconds(ms)}.`);

/** One line per event; an event that has none is shown elsewhere on the page. */
export const WORDS: { [K in keyof KeeperEventMap]?: (detail: KeeperEventMap[K]["detail"]) => Words | null } = {
  refreshed: ({ reason, expiresAt }) => ({
    kind: "renewal",
    tone: "good",
    text: `New token, good until ${clock(expiresAt)}: ${REASONS[reason]}.`,
  }),
  refreshfailed: ({ code, status, retryInMs }) => ({
    kind: "renewal",
    tone: "warn",
    text: `No new token: ${failure(code)}${status === undefined ? "" : ` (${status})`}.${nextTry(retryInMs)}`,
  }),
  applyfailed: ({ code, retryInMs }) => ({
    kind: "renewal",
    tone: "warn",
    text: `The new token is not in the report: ${failure(code)}.${nextTry(retryInMs)}`,
  }),
  expired: () => ({ kind: "report", tone: "bad", text: "The token has run out, and there is none to replace it." }),
  recovered: ({ how }) => ({
    kind: "report",
    tone: "good",
    text: how === "reload" ? "The report was reloaded and is back." : "The visuals asked again and are back.",
  }),
  // The log already has the report's own TokenExpired.
  explained: ({ error, summary }) =>
    error === "TokenExpired" ? null : { kind: "report", tone: "warn", text: `${error}: ${summary}` },
};
