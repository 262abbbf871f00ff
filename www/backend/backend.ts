// The demo's backend: hands out tokens and fails on demand. It knows no HTTP library, so that the same one answers
// behind a server (www/server) and inside the page (in-page.ts), and its time is a clock of its own.
import * as v from "valibot";
import { type ApiResponse, ok, type ErrorBody, errorResponse, type ApiRequest } from "./responses";
import { RATES, type Timers, VirtualClock } from "./clock";
import { ROLES } from "./content";
import type { Issuer, TokenRoute } from "./issuer";
import { damage } from "./mint";
import { sandbox } from "./sandbox";
import { CHANGE, DEFAULTS, type Switches } from "./switches";

export interface Options {
  /** Default: tokens that are minted here. */
  issuer?: Issuer;
  /** Default Date.now. */
  realNow?: () => number;
  timers?: Timers;
  /** What is switched on from the start. */
  switches?: Partial<Switches>;
}

type Handler = (request: ApiRequest, signal?: AbortSignal) => ApiResponse | "drop" | Promise<ApiResponse | "drop">;

// What the keeper says of its request; a page may send more, and none of it is needed.
const TOKEN_REQUEST = v.optional(
  v.looseObject({
    reason: v.optional(v.string()),
    embeds: v.optional(v.array(v.looseObject({ id: v.optional(v.string()) }))),
    role: v.optional(v.picklist(ROLES)),
  }),
);
const MAX_ADVANCE_MS = 7 * 86_400_000;
const PACE = v.strictObject({
  rate: v.optional(v.picklist(RATES)),
  /** Passes at once. */
  advanceMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_ADVANCE_MS))),
});

export class DemoBackend {
  readonly clock: VirtualClock;
  readonly #issuer: Issuer;
  readonly #initialSwitches: Switches;
  readonly #startedAt: number;
  readonly #requests = { tokens: 0, answered: 0, refused: 0 };
  readonly #last = new Map<string, ApiResponse>();
  readonly #routes = new Map<string, Record<string, Handler>>();
  #switches: Switches;

  constructor({ issuer = sandbox, realNow = Date.now, timers, switches = {} }: Options = {}) {
    this.#issuer = issuer;
    this.clock = new VirtualClock(realNow, timers);
    this.#startedAt = this.clock.now();
    this.#initialSwitches = { ...DEFAULTS, ...switches };
    this.#switches = this.#initialSwitches;
    for (const [path, route] of Object.entries(issuer.tokens)) {
      const answer: Handler = (request, signal) => this.#token(route, request, signal);
      this.#routes.set(path, Object.fromEntries(route.methods.map((method) => [method, answer])));
    }
    this.#routes.set("/api/switches", {
      GET: () => ok(this.#switches),
      PUT: ({ body }) => withValidBody(CHANGE, body, (change) => this.#changeSwitches(change as Partial<Switches>)),
      DELETE: () => ok((this.#switches = this.#initialSwitches)),
    });
    this.#routes.set("/api/clock", {
      GET: () => ok(this.#time()),
      ...(issuer.hasVirtualTime && {
        PUT: ({ body }: ApiRequest) => withValidBody(PACE, body, (change) => this.#setTime(change)),
      }),
    });
    this.#routes.set("/api/config", { GET: () => issuer.config() });
    this.#routes.set("/api/health", {
      GET: () =>
        ok({
          status: "ok",
          uptimeSeconds: Math.round((this.clock.now() - this.#startedAt) / 1000),
          requests: this.#requests,
        }),
    });
  }

  /** "drop" asks the host to cut the connection. An aborted request gets the same: nobody waits for its answer. */
  async handle(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse | "drop"> {
    const route = this.#routes.get(request.path);
    const answer = route
      ? await (route[request.method]?.(request, signal) ?? wrongMethod(route))
      : errorResponse(404, "NotFound", "There is no such address here.");
    if (answer === "drop") return answer;
    // The keeper learns from Date how far its own clock is off: it must be the clock that the tokens are made by.
    return {
      ...answer,
      headers: { "Cache-Control": "no-store", Date: new Date(this.clock.now()).toUTCString(), ...answer.headers },
    };
  }

  #changeSwitches(change: Partial<Switches>): ApiResponse {
    const unsupported = (Object.keys(change) as (keyof Switches)[]).find((key) => !this.#issuer.switches.includes(key));
    if (unsupported) return errorResponse(400, "BadRequest", `${unsupported}: Microsoft's service has no such switch.`);
    return ok((this.#switches = { ...this.#switches, ...change }));
  }

  #setTime({ rate, advanceMs }: v.InferOutput<typeof PACE>): ApiResponse {
    if (rate !== undefined) this.clock.setRate(rate);
    if (advanceMs !== undefined) this.clock.advance(advanceMs);
    return ok(this.#time());
  }

  #time() {
    return { now: this.clock.now(), rate: this.clock.rate };
  }

  async #token(route: TokenRoute, request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse | "drop"> {
    this.#requests.tokens += 1;
    const { delayMs } = this.#switches;
    const waited = delayMs === 0 || (await this.clock.wait(delayMs, signal));
    const answer = waited
      ? (this.#fault() ?? (await withValidBody(TOKEN_REQUEST, request.body, () => this.#issue(route, request))))
      : "drop";
    this.#requests[answer !== "drop" && answer.status === 200 ? "answered" : "refused"] += 1;
    return answer;
  }

  #fault(): ApiResponse | "drop" | null {
    const { outage, throttle, denied } = this.#switches;
    if (outage === "drop") return "drop";
    if (outage === "status") return errorResponse(503, "ServiceUnavailable", "The backend is down for the moment.");
    if (throttle !== null)
      return errorResponse(429, "TooManyRequests", "Too many requests.", { "Retry-After": String(throttle) });
    if (denied) return errorResponse(401, "Unauthorized", "The sign-in has ended.");
    return null;
  }

  async #issue(route: TokenRoute, request: ApiRequest): Promise<ApiResponse> {
    const { sameToken, damaged } = this.#switches;
    const before = this.#last.get(request.path);
    if (sameToken && before) return before;
    const issued = await route.issue(request, { now: this.clock.now(), switches: this.#switches });
    const answer = damaged ? withDamage(issued) : issued;
    if (answer.status === 200) this.#last.set(request.path, answer);
    return answer;
  }
}

/** The same answer, its token cut off on the way. */
function withDamage(answer: ApiResponse): ApiResponse {
  const body = { ...(answer.body as Record<string, unknown>) };
  for (const key of ["token", "access_token"]) if (typeof body[key] === "string") body[key] = damage(body[key]);
  return { ...answer, body };
}

function wrongMethod(route: Record<string, Handler>): ApiResponse<ErrorBody> {
  return errorResponse(405, "MethodNotAllowed", "This address takes another method.", {
    Allow: Object.keys(route).join(", "),
  });
}

/** Does it with a body that is as it should be, and says what is wrong with any other. */
function withValidBody<Schema extends v.GenericSchema, Result>(
  schema: Schema,
  body: unknown,
  act: (good: v.InferOutput<Schema>) => Result,
): Result | ApiResponse<ErrorBody> {
  const result = v.safeParse(schema, body);
  if (result.success) return act(result.output);
  const [issue] = result.issues;
  // Valibot's own message quotes what it got.
  const message = issue.expected === "never" ? "There is no such key." : `Expected ${issue.expected}.`;
  return errorResponse(400, "BadRequest", `${v.getDotPath(issue) ?? "body"}: ${message}`);
}
