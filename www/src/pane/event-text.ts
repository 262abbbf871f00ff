// The text of the log for each of the keeper's events, and of its states.
import type { ErrorCode, Explanation, KeeperEventMap, KeeperState, RefreshReason } from "powerbi-token-keeper";
import type { LogEvent } from "./api";

export type EventText = Pick<LogEvent, "kind" | "tone" | "text">;

const clock = (at: number) => new Date(at).toLocaleTimeString("en-GB");

const REASONS: Record<RefreshReason, string> = {
  initial: "first token",
  poll: "the poll found it due",
  visible: "the tab became visible",
  pageshow: "restored from the back/forward cache",
  resume: "the page was resumed",
  online: "the network is back",
  focus: "the window got the focus",
  retry: "retry",
  provider: "the frame asked accessTokenProvider",
  "token-expired": "the report raised TokenExpired",
  manual: "refresh() was called",
};

const FAILURES: Partial<Record<ErrorCode, string>> = {
  ERR_SOURCE_NETWORK: "the backend could not be reached",
  ERR_SOURCE_TIMEOUT: "the backend did not answer in time",
  ERR_SOURCE_DENIED: "access was denied, sign in again",
  ERR_SOURCE_THROTTLED: "the backend is throttling",
  ERR_SOURCE_ANSWER: "the response has no token",
  ERR_TOKEN_SAME: "it is the token already in place",
  ERR_TOKEN_OLDER: "it expires no later than the one in place",
  ERR_TOKEN_EXPIRED: "the new token has already expired",
  ERR_TOKEN_TYPE: "it is of the wrong type",
  ERR_TOKEN_UNUSABLE: "the new token is damaged",
  ERR_APPLY_TIMEOUT: "the frame did not answer",
  ERR_APPLY_REJECTED: "the frame rejected it",
  ERR_APPLY_GONE: "the report is no longer on the page",
  ERR_BUDGET: "the request budget is used up",
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
const nextTry = (ms: number | null) => (ms === null ? "" : ` Retry in ${seconds(ms)}.`);

const statusOf = ({ status }: { status?: number }) => (status === undefined ? "" : ` (${status})`);

/** Why the source failed, where its response or error said so, and what to do about the likeliest cause. */
function reasonOf({ explanation }: { code: ErrorCode; explanation?: Explanation }): string {
  if (!explanation) return "";
  const cause = explanation.causes.find(({ verdict }) => verdict !== "ruled-out");
  return ` ${explanation.summary}${cause ? ` ${cause.fix}` : ""}`;
}

/** One line per event; an event without a line is shown elsewhere on the page. */
export const EVENT_TEXT: { [K in keyof KeeperEventMap]?: (detail: KeeperEventMap[K]["detail"]) => EventText | null } = {
  refreshed: ({ reason, expiresAt }) => ({
    kind: "refresh",
    tone: "good",
    text: `New token until ${clock(expiresAt)} (${REASONS[reason]}).`,
  }),
  refreshfailed: (detail) => ({
    kind: "refresh",
    tone: "warn",
    text: `No new token: ${failure(detail.code)}${statusOf(detail)}.${reasonOf(detail)}${nextTry(detail.retryInMs)}`,
  }),
  applyfailed: ({ code, retryInMs }) => ({
    kind: "refresh",
    tone: "warn",
    text: `The report did not take the new token: ${failure(code)}.${nextTry(retryInMs)}`,
  }),
  expired: () => ({ kind: "report", tone: "bad", text: "The token has expired and there is no new one." }),
  recovered: ({ how }) => ({
    kind: "report",
    tone: "good",
    text: how === "reload" ? "The report was reloaded." : "The visuals were refreshed.",
  }),
  // The log already has the report's TokenExpired.
  explained: ({ error, summary }) =>
    error === "TokenExpired" ? null : { kind: "report", tone: "warn", text: `${error}: ${summary}` },
};
