/**
 * The public types. Every duration is in milliseconds and its name ends in `Ms`. Every point in time that is a number
 * is milliseconds since the Unix epoch. No event, error, status or finding contains a token.
 */

/** `models.TokenType` of powerbi-models: 0 is Aad (embed for your organization), 1 is Embed (for your customers). */
export type TokenType = 0 | 1;

/**
 * What `powerbi.embed()` returns, as far as the keeper needs it. Any object of this shape will do: powerbi-client is
 * never imported.
 */
export interface EmbedLike {
  /** Sets a new token without a reload. */
  setAccessToken(accessToken: string): Promise<void>;
  /** The container that was embedded into. */
  readonly element: HTMLElement;
  /** The iframe of Power BI, once there is one. */
  readonly iframe?: HTMLIFrameElement;
  /** The configuration as powerbi-client keeps it. */
  readonly config: {
    /** What is embedded: `report`, `dashboard`, `tile` … */
    type?: string;
    /** The id of the report, dashboard or tile. */
    id?: string;
    /** The id of its workspace. */
    groupId?: string;
    /** Identifies the embed in messages of the frame. */
    uniqueId?: string;
    /** The token that was set last. */
    accessToken?: string;
    /** 0 is Aad, 1 is Embed. */
    tokenType?: number;
    /** The address of the frame. */
    embedUrl?: string;
  };
  /** Loads the embed again. Page and filters are lost. */
  reload?(): Promise<void>;
  /** Runs the queries of the embed again. */
  refresh?(): Promise<void>;
}

/** Any embed configuration of powerbi-client (report, dashboard, tile, qna, visual, create, quickCreate, paginated). */
export type EmbedConfigLike = KnownConfig | (KnownConfig & Record<string, unknown>);

/**
 * The part of an embed configuration that all kinds have. The interfaces of powerbi-models match it; object literals
 * with more members match {@link EmbedConfigLike}.
 */
export interface KnownConfig {
  /** What is embedded: `report`, `dashboard`, `tile` … */
  type?: string;
  /** 0 is Aad, 1 is Embed. powerbi-client takes a missing one as Aad. */
  tokenType?: number;
  /** The first token. */
  accessToken?: string;
}

/** Why a token is requested. */
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

/** What a source function receives. */
export interface TokenRequest {
  /** Why a token is requested. */
  readonly reason: RefreshReason;
  /** 1 for the first try, n for the n-th try in a row. */
  readonly attempt: number;
  /** Aborts when the request has timed out or the keeper has stopped. Pass it to `fetch`. */
  readonly signal: AbortSignal;
  /** The attached embeds. The token has to be good for all of them. */
  readonly embeds: ReadonlyArray<{
    /** What is embedded: `report`, `dashboard`, `tile` … */
    type: string;
    /** The id of the report, dashboard or tile. */
    id?: string;
    /** The id of its workspace. */
    groupId?: string;
  }>;
}

/**
 * The answer of a source: the token alone, or an object in the shape of the REST API's GenerateToken answer, of
 * Microsoft's sample backends, of MSAL or of an OAuth token endpoint. docs/backend.md lists every shape that is read.
 * If the answer names no expiration, the token's own `exp` counts; if both are known, the earlier one counts.
 *
 * A `Response` is read as an endpoint's: its status, `Retry-After` and `Date` count, and its body is the answer, so
 * `source: () => fetch("/api/embed-token")` is enough.
 */
export type TokenAnswer =
  | string
  | Response
  | {
      /** The token. */
      token: string;
      /** When it expires: a date, ISO text, or seconds or milliseconds since 1970. */
      expiration?: string | number | Date;
    }
  | Record<string, unknown>;
/**
 * A source function: asked for a token, it answers one or a promise of one. It may throw or reject.
 *
 * The error may say why: a `status` on it, on its `response` or on its `cause` counts as the HTTP status (axios,
 * Angular,
 * jQuery, fetch wrappers), and MSAL's `InteractionRequiredAuthError` counts as 401.
 */
export type TokenSource = (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer>;

/** A route of a backend, which the keeper calls with `fetch`. Redirects are errors; answers are limited to 1 MiB. */
export interface TokenEndpoint {
  /** Of the page's origin, `https:`, or on the loopback interface. Anything else is `ERR_OPTION`. */
  url: string | URL;
  /** Default "POST". Any case. */
  method?: "POST" | "GET" | "post" | "get";
  /**
   * Request headers in any form that `fetch` takes, or a promise of them. A function is called for each request, for
   * example for an anti-forgery header.
   */
  headers?: HeadersInit | Promise<HeadersInit> | (() => HeadersInit | Promise<HeadersInit>);
  /**
   * JSON body of a POST, or a function that returns it or a promise of it. Default:
   * `{ reason, embeds: [{ type, id, groupId }] }`.
   */
  body?: unknown | ((request: TokenRequest) => unknown);
  /** As for `fetch`. Default "same-origin". */
  credentials?: RequestCredentials;
}

/** How a keeper behaves. All but `source` have defaults. */
export interface TokenKeeperOptions {
  /** Where tokens come from: a URL, an endpoint, or a function. Required. */
  source: string | URL | TokenEndpoint | TokenSource;
  /** The kind of token. Default: the `config.tokenType` of the attached embeds, else what the token itself is. */
  tokenType?: TokenType;
  /** A token that you already have, so that none is requested at the start. Default: that of the first embed. */
  initial?: TokenAnswer;
  /** How often the expiration is checked. Default 30_000 (30 seconds). Range 1_000 to 600_000. */
  pollIntervalMs?: number;
  /**
   * How long before expiration a new token is requested. The exact moment is drawn at random for each token. Default
   * 600_000 (10 minutes), and never more than half of the token's lifetime. Range 1_000 to 86_400_000.
   */
  leadMs?: number;
  /** How long one request to the source may take. Default 30_000 (30 seconds). Range 1_000 to 300_000. */
  sourceTimeoutMs?: number;
  /**
   * How long one `setAccessToken` may take; powerbi-client itself waits for ever. Default 10_000 (10 seconds). Range
   * 1_000 to 300_000.
   */
  applyTimeoutMs?: number;
  /** `accessTokenProvider` settles within this time. Default 15_000 (15 seconds). Range 1_000 to 300_000. */
  providerTimeoutMs?: number;
  /**
   * "refresh" (the default) keeps the token of a hidden page fresh. "pause" requests nothing while the page is hidden,
   * and checks when it returns.
   */
  whileHidden?: "refresh" | "pause";
  /**
   * How to repair an embed that has already shown TokenExpired, once it has a new token. "auto" (the default) calls
   * `reload()` if the whole embed failed, and `refresh()` if single visuals did. "none" only sets the token.
   */
  afterExpiry?: "auto" | "reload" | "refresh" | "none";
  /** The tabs of this origin that pass the same key share one token. Name the signed-in user in it. Default: off. */
  shareKey?: string;
  /** Stops the keeper when it aborts. */
  signal?: AbortSignal;
}

/** What a keeper is doing. */
export type KeeperState =
  | "idle" // nothing attached, or no token yet and none asked for
  | "fresh" // before the refresh window
  | "due" // inside the window, between requests
  | "refreshing" // a request to the source, or its setAccessToken, is under way
  | "retrying" // the last request failed; another is scheduled
  | "denied" // the source answered 401 or 403: the user must sign in; slow retries go on
  | "expired" // the token ran out and no newer one is there
  | "stopped";

/** A snapshot for support and dashboards, without secrets. */
export interface KeeperStatus {
  /** What the keeper is doing. */
  readonly state: KeeperState;
  /** 0 is Aad, 1 is Embed; null while unknown. */
  readonly tokenType: TokenType | null;
  /** When the token expires; null while there is none. */
  readonly expiresAt: number | null;
  /** How long the token is still good, at least 0; null while there is none. */
  readonly remainingMs: number | null;
  /** When the keeper will next act by itself. */
  readonly nextCheckAt: number | null;
  /** When a token was last obtained; null if none was. */
  readonly lastRefreshAt: number | null;
  /** The last failure; null after a success. */
  readonly lastErrorCode: ErrorCode | null;
  /** Tries in a row so far. */
  readonly attempt: number;
  /** How many embeds are attached. */
  readonly embeds: number;
  /** How far this machine's clock is behind the server's, learnt from the source's answers; 0 when unknown. */
  readonly clockSkewMs: number;
  /** Requests to the source since the start. */
  readonly requests: number;
  /** Which engine runs; "none" before it has loaded, or if none could be. */
  readonly engine: "wasm" | "js" | "none";
}

/** The stable code of a failure. docs/options-and-events.md says what the keeper does about each. */
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

/** The events of a keeper, by type. */
export interface KeeperEventMap {
  /** A new token was obtained, and every attached embed has responded to it. */
  refreshed: CustomEvent<{
    /** Why the token was requested. */
    reason: RefreshReason;
    /** When the new token expires. */
    expiresAt: number;
    /** Which try it was, from 1. */
    attempt: number;
    /** How many embeds have it. */
    embeds: number;
  }>;
  /** A request failed; the old token stays in place. */
  refreshfailed: CustomEvent<{
    /** Why the token was requested. */
    reason: RefreshReason;
    /** What went wrong. */
    code: ErrorCode;
    /** Which try it was, from 1. */
    attempt: number;
    /** When the next request follows; null if none does by itself. */
    retryInMs: number | null;
    /** The HTTP status of the answer or of the rejection, if there was one. */
    status?: number;
    /** What is wrong with the token that was refused. */
    findings: Finding[];
    /**
     * Why the source failed, from the body or the error that came with it. Absent where there was nothing to read, or
     * the
     * diagnosis can't be loaded. Quotes none of their text.
     */
    explanation?: Explanation;
  }>;
  /** `setAccessToken` failed on one embed. It is tried again without a new request; other embeds are not affected. */
  applyfailed: CustomEvent<{
    /** What went wrong. */
    code: ErrorCode;
    /** The container of the embed. */
    element: HTMLElement;
    /** Which try it was, from 1. */
    attempt: number;
    /** When it is tried again; null if it is not. */
    retryInMs: number | null;
  }>;
  /** The token has expired and there is none to replace it. Once per token. */
  expired: CustomEvent<{
    /** When it expired. */
    expiresAt: number;
  }>;
  /** An embed that had shown TokenExpired got a new token, and was reloaded or refreshed. */
  recovered: CustomEvent<{
    /** The container of the embed. */
    element: HTMLElement;
    /** What was called. */
    how: "reload" | "refresh";
    /** Whether the report's page, filters and slicers were put back. */
    stateRestored: boolean;
  }>;
  /** An embed raised an `error` event; here is its explanation. Once per token and kind of error. */
  explained: CustomEvent<
    Explanation & {
      /** The container of the embed. */
      element: HTMLElement;
    }
  >;
  /** `state` has changed; the detail is the whole status. */
  statechange: CustomEvent<KeeperStatus>;
}

/** The result of `checkSource()`. */
export interface SourceCheck {
  /** Whether a token came that the keeper would take. */
  readonly ok: boolean;
  /** What went wrong; null if nothing did. */
  readonly code: ErrorCode | null;
  /** The HTTP status of the answer or of the rejection, if there was one. */
  readonly status?: number;
  /** When the token expires, in milliseconds since the Unix epoch; null if none came, or nothing says when. */
  readonly expiresAt: number | null;
  /** What is wrong with the token that came. */
  readonly findings: Finding[];
  /** Why none came, from the body or the error that came instead. */
  readonly explanation?: Explanation;
}

/** What `refresh()` resolves to. */
export type RefreshOutcome =
  | {
      /** A new token was obtained. */
      ok: true;
      /** When it expires. */
      expiresAt: number;
    }
  | {
      /** None was. */
      ok: false;
      /** Why. */
      code: ErrorCode;
    };

/** The stable code of a finding. docs/diagnosis.md says what each means. */
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
  | "config-invalid" // what powerbi-client's own validation rejects: types, cases, missing members
  | "edit-not-permitted" // viewMode, permissions and token disagree
  // the page
  | "sdk-too-old"
  | "token-not-refreshed"
  | "capacity"
  | "permission"
  | "content-not-in-token"
  | "frame-blocked" // frame-src, X-Frame-Options, a proxy object that can't be posted
  // the backend, read from what it or Microsoft answered
  | "backend-credentials" // a secret or certificate that is wrong, missing or expired
  | "backend-permission" // consent or an API permission that is missing
  | "tenant-setting" // service principals, or embedding, not allowed in the tenant
  | "license-missing"
  | "identity-invalid" // effective identity or roles: missing, not wanted, or not the caller's
  | "request-invalid" // any other fault of the GenerateToken request
  | "throttled"
  | "sign-in-required"
  | "endpoint-wrong"; // 404, 405, a page of HTML: the address, the method or a redirect

/** One thing that is wrong, or worth knowing. */
export interface Finding {
  /** The stable code. */
  readonly code: FindingCode;
  /**
   * "error": this embed can't work. "warning": it works now, but not for long, or only by luck. "info": good to know.
   */
  readonly severity: "error" | "warning" | "info";
  /** What is wrong, in one sentence, with the values compared: ids, hosts, times; never the token. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly fix: string;
  /** The page of Microsoft's documentation that says so, where there is one. */
  readonly docs?: string;
}

/** A token taken apart, without its secret. */
export interface TokenReport {
  /** "aad" is an Entra access token, "legacy" one of the retired workspace collections. */
  readonly kind: "aad" | "embed" | "legacy" | "unknown";
  /** Whose Entra token it is; null if the token does not say. */
  readonly principal: "user" | "service-principal" | null;
  /** When it expires; null if the token does not say. */
  readonly expiresAt: number | null;
  /** When it was issued; null if the token does not say, as embed tokens never do. */
  readonly issuedAt: number | null;
  /** The API that an Entra token is for. */
  readonly audience: string | null;
  /** The tenant of an Entra token. */
  readonly tenantId: string | null;
  /** The delegated permissions of an Entra token. */
  readonly scopes: readonly string[];
  /** The cloud that it belongs to, such as "global". */
  readonly cloud: string | null;
  /** The cluster of an embed token. */
  readonly clusterUrl: string | null;
  /** What is wrong with it. */
  readonly findings: readonly Finding[];
}

/** Why an embed, or a request for a token, failed. */
export interface Explanation {
  /** The event's `message`, as powerbi-client's CommonErrorCodes spell it, or "unknown". */
  readonly error: string;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** Each possible cause, with what the evidence says about it; confirmed ones first. */
  readonly causes: ReadonlyArray<
    Finding & {
      /** What the token and the configuration say about this cause. */
      verdict: "confirmed" | "possible" | "ruled-out";
    }
  >;
  /** Whether a new token of the same kind can help. */
  readonly refreshHelps: boolean;
}

/** What to judge by. */
export interface DiagnoseOptions {
  /** The time to judge by. Default: `Date.now()`. */
  now?: number;
  /** What the token should say. */
  expected?: {
    /** The tenant whose content is embedded. */
    tenantId?: string;
  };
  /** The version of powerbi-client on the page, such as "2.23.1". */
  sdkVersion?: string;
}
