/**
 * The types of the public surface. Every duration is in milliseconds and its name ends in `Ms`; every point in time
 * that is a number is milliseconds since the Unix epoch. No token is in an event, an error, a status or a finding.
 */

/** `models.TokenType` of powerbi-models: 0 = Aad (embed for your organization), 1 = Embed (for your customers). */
export type TokenType = 0 | 1;

/** What powerbi-client hands out from `powerbi.embed()`, as far as the keeper needs it. Duck-typed: powerbi-client is never imported. */
export interface EmbedLike {
  setAccessToken(accessToken: string): Promise<void>;
  readonly element: HTMLElement;
  readonly iframe?: HTMLIFrameElement;
  readonly config: {
    type?: string;
    id?: string;
    groupId?: string;
    uniqueId?: string;
    accessToken?: string;
    tokenType?: number;
    embedUrl?: string;
  };
  reload?(): Promise<void>;
  refresh?(): Promise<void>;
}

/** Any embed configuration of powerbi-client (report, dashboard, tile, qna, visual, create, quickCreate, paginated). */
export type EmbedConfigLike = KnownConfig | (KnownConfig & Record<string, unknown>);

/** The half of a configuration that every kind has. powerbi-models' interfaces fit this one, literals the one above. */
export interface KnownConfig {
  type?: string;
  tokenType?: number;
  accessToken?: string;
}

export type RefreshReason =
  | "initial" // no token yet
  | "poll" // the 30 s poll found the token inside its refresh window
  | "visible" // visibilitychange to visible
  | "pageshow" // back from the back/forward cache
  | "resume" // Page Lifecycle: no longer frozen
  | "online" // the network came back
  | "focus" // the window got the focus
  | "retry" // an earlier request failed
  | "provider" // the Power BI frame asked through accessTokenProvider
  | "token-expired" // the embed raised an `error` event whose message is TokenExpired
  | "manual"; // refresh() was called

/** What a token source is told. `signal` aborts when the request timed out or the keeper stopped. */
export interface TokenRequest {
  readonly reason: RefreshReason;
  /** 1 for a first try, n for the n-th try in a row. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly embeds: ReadonlyArray<{ type: string; id?: string; groupId?: string }>;
}

/**
 * What a token source may answer: the token alone, or any object in the shape of the REST API's
 * GenerateToken answer, of Microsoft's sample backends, of MSAL or of an OAuth token endpoint.
 * The README lists every accepted shape. When the answer names no expiration the
 * token's own `exp` counts; when both are known the earlier one counts.
 */
export type TokenAnswer = string | { token: string; expiration?: string | number | Date } | Record<string, unknown>;
export type TokenSource = (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer>;

/** A backend the keeper calls with `fetch`. */
export interface TokenEndpoint {
  /** Same origin, https:, or loopback; anything else is an ERR_OPTION. */
  url: string | URL;
  /** Default "POST". */
  method?: "POST" | "GET";
  /** Evaluated per request when it is a function (an Authorization or anti-forgery header). */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  /** JSON body of a POST. Default: `{ reason, embeds: [{ type, id, groupId }] }`. */
  body?: unknown | ((request: TokenRequest) => unknown);
  /** Default "same-origin". */
  credentials?: RequestCredentials;
}

export interface TokenKeeperOptions {
  /** Where new tokens come from: a URL, an endpoint, or a function. Required. */
  source: string | URL | TokenEndpoint | TokenSource;
  /** Default: the attached embeds' `config.tokenType`, else what the token itself is. */
  tokenType?: TokenType;
  /** A token already in hand, so that none is requested at the start. Default: the first attached embed's. */
  initial?: TokenAnswer;
  /** How often the expiration is checked. Default 30_000 (30 seconds). Range 1_000 to 600_000. */
  pollIntervalMs?: number;
  /** How long before expiration the refresh window opens. Default 600_000 (10 minutes), and never more than half of the token's lifetime. Range 1_000 to 86_400_000. */
  leadMs?: number;
  /** How long one request to the source may take. Default 30_000. Range 1_000 to 300_000. */
  sourceTimeoutMs?: number;
  /** How long one setAccessToken may take (powerbi-client itself waits for ever). Default 10_000. Range 1_000 to 300_000. */
  applyTimeoutMs?: number;
  /** accessTokenProvider always settles within this time. Default 15_000. Range 1_000 to 300_000. */
  providerTimeoutMs?: number;
  /** "refresh" (default) keeps a hidden page's token fresh; "pause" asks for nothing while hidden and re-checks on return. */
  whileHidden?: "refresh" | "pause";
  /**
   * What follows a late token on an embed that has already shown TokenExpired. Default "auto": `reload()` after a
   * load-level failure, `refresh()` after a visual-level one. "none" only sets the token.
   */
  afterExpiry?: "auto" | "reload" | "refresh" | "none";
  /** Share one token between the tabs of this origin that give the same key (name the signed-in user in it). Default: off. */
  shareKey?: string;
  /** Stops the keeper when it aborts. */
  signal?: AbortSignal;
}

export type KeeperState =
  | "idle" // nothing attached, or no token yet and none asked for
  | "fresh" // before the refresh window
  | "due" // inside the window, between requests
  | "refreshing" // a request to the source, or its setAccessToken, is under way
  | "retrying" // the last request failed; another is scheduled
  | "denied" // the source answered 401 or 403: the user must sign in; slow retries go on
  | "expired" // the token ran out and no newer one is there
  | "stopped";

/** A read-out for support and dashboards. Holds no secret. */
export interface KeeperStatus {
  readonly state: KeeperState;
  readonly tokenType: TokenType | null;
  readonly expiresAt: number | null;
  readonly remainingMs: number | null;
  /** When the keeper will next act by itself. */
  readonly nextCheckAt: number | null;
  readonly lastRefreshAt: number | null;
  readonly lastErrorCode: ErrorCode | null;
  readonly attempt: number;
  readonly embeds: number;
  /** Signed correction of this machine's clock, learnt from the source's answers; 0 when unknown. */
  readonly clockSkewMs: number;
  /** Requests made to the source since the start. */
  readonly requests: number;
  /** Which build runs. */
  readonly engine: "wasm" | "js" | "none";
}

export type ErrorCode =
  | "ERR_OPTION" // a bad option; thrown by the constructor as TypeError or RangeError, message names the option
  | "ERR_ENGINE" // neither the WebAssembly nor the JavaScript build could be started
  | "ERR_CRASHED" // a defect of this package; the keeper has stopped
  | "ERR_STOPPED"
  | "ERR_SOURCE_NETWORK" // fetch failed
  | "ERR_SOURCE_TIMEOUT"
  | "ERR_SOURCE_STATUS" // any other non-2xx status
  | "ERR_SOURCE_DENIED" // 401, 403
  | "ERR_SOURCE_THROTTLED" // 429, 503
  | "ERR_SOURCE_THREW" // the source function threw or rejected
  | "ERR_SOURCE_ANSWER" // no token could be read from the answer
  | "ERR_TOKEN_EXPIRED" // the new token has already expired
  | "ERR_TOKEN_SAME" // the new token is the one being replaced
  | "ERR_TOKEN_OLDER" // the new token expires no later than the one being replaced
  | "ERR_TOKEN_TYPE" // Aad where Embed is needed, or the reverse
  | "ERR_TOKEN_UNUSABLE" // damaged, wrong audience, legacy, ... : see the finding
  | "ERR_TOKEN_SUBJECT" // an Aad token of another user or tenant
  | "ERR_EXPIRATION_UNKNOWN" // neither the answer nor the token says when it expires
  | "ERR_APPLY_TIMEOUT"
  | "ERR_APPLY_REJECTED"
  | "ERR_APPLY_GONE" // the embed is gone from the page
  | "ERR_BUDGET"; // the request budget is spent; the request waits for the next grant

export interface KeeperEventMap {
  /** A new token was obtained and set on every attached embed that is still there. */
  refreshed: CustomEvent<{ reason: RefreshReason; expiresAt: number; attempt: number; embeds: number }>;
  /** A request failed; the old token stays in place. */
  refreshfailed: CustomEvent<{
    reason: RefreshReason;
    code: ErrorCode;
    attempt: number;
    retryInMs: number | null;
    status?: number;
    findings: Finding[];
  }>;
  /** setAccessToken failed on one embed; the others are not affected and it is tried again without a new request. */
  applyfailed: CustomEvent<{ code: ErrorCode; element: HTMLElement; attempt: number; retryInMs: number | null }>;
  /** The token has run out and none is there to replace it. Once per token. */
  expired: CustomEvent<{ expiresAt: number }>;
  /** The embed was reloaded or refreshed after a late token. */
  recovered: CustomEvent<{ element: HTMLElement; how: "reload" | "refresh" }>;
  /** An `error` event of an embed, explained. */
  explained: CustomEvent<Explanation & { element: HTMLElement }>;
  statechange: CustomEvent<KeeperStatus>;
}

export type RefreshOutcome = { ok: true; expiresAt: number } | { ok: false; code: ErrorCode };

export type FindingCode =
  // the token's text
  | "token-missing"
  | "token-damaged"
  | "token-wrapped" // wrapped: "Bearer ", quotes, white space, URL-encoded, a whole JSON answer
  | "token-not-a-token" // a GUID, a client secret, "undefined", "[object Object]", a placeholder
  | "token-legacy" // workspace-collection app token
  | "token-refresh-token"
  | "token-id-token"
  // time
  | "token-expired"
  | "token-not-yet-valid"
  | "token-expires-soon"
  | "clock-wrong"
  | "expiration-disagrees"
  // kind and audience
  | "token-type-mismatch"
  | "token-type-invalid"
  | "token-type-missing"
  | "audience-wrong"
  | "scope-missing"
  | "service-principal-aad"
  | "copied-from-portal"
  | "tenant-mismatch"
  // the embed configuration
  | "embed-url-missing"
  | "embed-url-invalid"
  | "embed-url-no-config"
  | "cloud-mismatch"
  | "cluster-mismatch"
  | "id-missing"
  | "id-not-a-guid"
  | "id-mismatch"
  | "group-mismatch"
  | "type-mismatch"
  | "provider-unsupported"
  | "public-access-blocked"
  // the page
  | "sdk-too-old"
  | "token-not-refreshed"
  | "capacity"
  | "permission"
  | "content-not-in-token";

export interface Finding {
  readonly code: FindingCode;
  /** "error": this embed can't work. "warning": it works now, and will not for long, or only by luck. "info": good to know. */
  readonly severity: "error" | "warning" | "info";
  /** What is wrong, in one sentence, with the values compared (ids, hosts, times; never the token). */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly fix: string;
  /** The page of Microsoft's documentation that says so, where there is one. */
  readonly docs?: string;
}

/** A token taken apart, without its secret. */
export interface TokenReport {
  readonly kind: "aad" | "embed" | "legacy" | "unknown";
  readonly principal: "user" | "service-principal" | null;
  readonly expiresAt: number | null;
  readonly issuedAt: number | null;
  readonly audience: string | null;
  readonly tenantId: string | null;
  readonly scopes: readonly string[];
  readonly cloud: string | null;
  readonly clusterUrl: string | null;
  readonly findings: readonly Finding[];
}

export interface Explanation {
  /** The event's `message`, as powerbi-client's CommonErrorCodes spell it, or "unknown". */
  readonly error: string;
  readonly summary: string;
  /** Each possible cause, with what the evidence at hand says of it; confirmed ones first. */
  readonly causes: ReadonlyArray<Finding & { verdict: "confirmed" | "possible" | "ruled-out" }>;
  /** Whether a new token of the same kind can help. */
  readonly refreshHelps: boolean;
}

export interface DiagnoseOptions {
  /** Default: Date.now(). */
  now?: number;
  expected?: { tenantId?: string };
  sdkVersion?: string;
}
