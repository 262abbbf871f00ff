// Every option and every event, as a page author writes them. Compiled, never run. A line under `@ts-expect-error` must
// not compile: options that are misspelt and details that do not exist are found by the editor, not by the page.

import {
  KeeperError,
  TokenKeeper,
  keepFresh,
  type ErrorCode,
  type Explanation,
  type Finding,
  type KeeperEventMap,
  type KeeperState,
  type KeeperStatus,
  type RefreshOutcome,
  type RefreshReason,
  type TokenAnswer,
  type TokenEndpoint,
  type TokenKeeperOptions,
  type TokenRequest,
  type TokenSource,
} from "powerbi-token-keeper";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

const all: Required<TokenKeeperOptions> = {
  source: "/api/embed-token",
  tokenType: 1,
  initial: { token: "", expiration: new Date() },
  pollIntervalMs: 30_000,
  leadMs: 600_000,
  sourceTimeoutMs: 30_000,
  applyTimeoutMs: 10_000,
  providerTimeoutMs: 15_000,
  whileHidden: "pause",
  afterExpiry: "none",
  shareKey: "somebody",
  signal: new AbortController().signal,
};
same<keyof TokenKeeperOptions, keyof typeof all>(true);
same<
  keyof TokenKeeperOptions,
  | "source"
  | "tokenType"
  | "initial"
  | "pollIntervalMs"
  | "leadMs"
  | "sourceTimeoutMs"
  | "applyTimeoutMs"
  | "providerTimeoutMs"
  | "whileHidden"
  | "afterExpiry"
  | "shareKey"
  | "signal"
>(true);

const endpoint: Required<TokenEndpoint> = {
  url: new URL("https://example.com/api"),
  method: "GET",
  headers: async () => ({ "x-csrf-token": "" }),
  body: ({ reason, attempt, embeds, signal }: TokenRequest) => [
    reason satisfies RefreshReason,
    attempt.toFixed(),
    embeds[0]?.id,
    signal.aborted,
  ],
  credentials: "include",
};
const sources: TokenSource[] = [
  () => "text",
  async ({ signal }) => (await fetch("/", { signal })).json(),
  () => ({ access_token: "", expires_in: 3600 }),
];
for (const source of [endpoint, new URL("https://example.com"), ...sources]) new TokenKeeper({ ...all, source });
for (const initial of [
  "text",
  { token: "", expiration: "2024-01-01T00:00:00Z" },
  { accessToken: "", expiresOn: new Date() },
] satisfies TokenAnswer[])
  new TokenKeeper({ source: "/", initial });

// @ts-expect-error an option that there is not
new TokenKeeper({ source: "/", lead: 1 });
// @ts-expect-error no source
new TokenKeeper({});
// @ts-expect-error a value that there is not
new TokenKeeper({ source: "/", whileHidden: "stop" });
// @ts-expect-error a kind of token that there is not
new TokenKeeper({ source: "/", tokenType: 2 });
// @ts-expect-error no embed
keepFresh({}, { source: "/" });

const keeper = new TokenKeeper(all);
same<
  keyof KeeperEventMap,
  "refreshed" | "refreshfailed" | "applyfailed" | "expired" | "recovered" | "explained" | "statechange"
>(true);
keeper.addEventListener("refreshed", ({ detail }) =>
  same<typeof detail, { reason: RefreshReason; expiresAt: number; attempt: number; embeds: number }>(true),
);
keeper.addEventListener("refreshfailed", ({ detail }) =>
  same<
    typeof detail,
    {
      reason: RefreshReason;
      code: ErrorCode;
      attempt: number;
      retryInMs: number | null;
      status?: number;
      findings: Finding[];
      explanation?: Explanation;
    }
  >(true),
);
keeper.addEventListener("applyfailed", ({ detail }) =>
  same<typeof detail, { code: ErrorCode; element: HTMLElement; attempt: number; retryInMs: number | null }>(true),
);
keeper.addEventListener("expired", ({ detail }) => same<typeof detail, { expiresAt: number }>(true));
keeper.addEventListener(
  "recovered",
  ({ detail }) =>
    same<typeof detail, { element: HTMLElement; how: "reload" | "refresh"; stateRestored: boolean }>(true),
  { once: true },
);
keeper.addEventListener("explained", ({ detail }) => [
  detail.element satisfies HTMLElement,
  detail satisfies Explanation,
]);
keeper.addEventListener("statechange", ({ detail }) => same<typeof detail, KeeperStatus>(true));
keeper.addEventListener("statechange", null);
// @ts-expect-error a detail that there is not
keeper.addEventListener("refreshed", ({ detail }) => detail.token);

same<KeeperState, "idle" | "fresh" | "due" | "refreshing" | "retrying" | "denied" | "expired" | "stopped">(true);
same<KeeperStatus["engine"], "wasm" | "js" | "none">(true);
same<typeof keeper.accessTokenProvider, () => Promise<string | null>>(true);
same<ReturnType<typeof keeper.refresh>, Promise<RefreshOutcome>>(true);
same<ReturnType<typeof keeper.getToken>, Promise<string>>(true);
// @ts-expect-error read alone
keeper.status.state = "fresh";

export const reaction = (outcome: RefreshOutcome): number | ErrorCode =>
  outcome.ok ? outcome.expiresAt : outcome.code;
export const coded = (error: unknown): boolean => error instanceof KeeperError && error.code === "ERR_ENGINE";
export { keeper };
