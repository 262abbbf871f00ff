// The demo's backend: mints short-lived tokens on request and fails on demand. It knows no HTTP library, so that the
// same one answers behind a server (www/server) and inside the page (in-page.ts), and its time is a clock of its own.
import * as v from "valibot";
import { RATES, type Timers, VirtualClock } from "./clock";
import type { Config } from "./config";
import { damage, mintAadToken, mintEmbedToken, oauthAnswer, restAnswer } from "./mint";
import { CHANGE, DEFAULTS, type Switches } from "./switches";

export interface Request {
  method: string;
  /** The path alone, as `/api/health`. */
  path: string;
  /** What the body's JSON says. */
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export interface Options {
  /** Default Date.now. */
  realNow?: () => number;
  timers?: Timers;
  /** What is switched on from the start. */
  switches?: Partial<Switches>;
}

type Kind = "embed" | "aad";
type Handler = (request: Request, signal?: AbortSignal) => Answer | "drop" | Promise<Answer | "drop">;

// What a proxy says of a backend that is being restarted; without it a caller does well to wait a whole minute.
const OUTAGE_RETRY_AFTER_SECONDS = 5;

const LONGEST_ADVANCE_MS = 7 * 86_400_000;
const PACE = v.strictObject({
  rate: v.optional(v.picklist(RATES)),
  /** Passes at once. */
  advanceMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LONGEST_ADVANCE_MS))),
});

/** In the shape of the REST API's own errors. */
export function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: { error: { code, message } } };
}

const ok = (body: unknown): Answer => ({ status: 200, headers: {}, body });

export class DemoBackend {
  readonly clock: VirtualClock;
  readonly #first: Switches;
  readonly #startedAt: number;
  readonly #requests = { embed: 0, aad: 0, answered: 0, refused: 0 };
  readonly #last: Record<Kind, unknown> = { embed: null, aad: null };
  readonly #routes: Record<string, Record<string, Handler>>;
  #switches: Switches;

  constructor({ realNow = Date.now, timers, switches = {} }: Options = {}) {
    this.clock = new VirtualClock(realNow, timers);
    this.#startedAt = this.clock.now();
    this.#first = { ...DEFAULTS, ...switches };
    this.#switches = this.#first;
    const embed: Handler = (_request, signal) => this.#token("embed", signal);
    const aad: Handler = (_request, signal) => this.#token("aad", signal);
    this.#routes = {
      "/api/embed-token": { POST: embed },
      "/api/aad-token": { GET: aad, POST: aad },
      "/api/switches": {
        GET: () => ok(this.#switches),
        PUT: ({ body }) => checked(CHANGE, body, (change) => (this.#switches = { ...this.#switches, ...change } as Switches)),
        DELETE: () => ok((this.#switches = this.#first)),
      },
      "/api/clock": {
        GET: () => ok(this.#time()),
        PUT: ({ body }) => checked(PACE, body, (change) => this.#setTime(change)),
      },
      "/api/config": { GET: () => ok({ mode: "sandbox" } satisfies Config) },
      "/api/health": { GET: () => ok({ status: "ok", uptimeSeconds: Math.round((this.clock.now() - this.#startedAt) / 1000), requests: this.#requests }) },
    };
  }

  /** "drop" asks the host to cut the connection. An aborted request gets the same: nobody waits for its answer. */
  async handle(request: Request, signal?: AbortSignal): Promise<Answer | "drop"> {
    const route = this.#routes[request.path];
    const answer = route ? await (route[request.method]?.(request, signal) ?? wrongMethod(route)) : refusal(404, "NotFound", "There is no such address here.");
    if (answer === "drop") return answer;
    // The keeper learns from Date how far its own clock is off: it must be the clock that the tokens are made by.
    return { ...answer, headers: { "Cache-Control": "no-store", Date: new Date(this.clock.now()).toUTCString(), ...answer.headers } };
  }

  #setTime({ rate, advanceMs }: v.InferOutput<typeof PACE>) {
    if (rate !== undefined) this.clock.setRate(rate);
    if (advanceMs !== undefined) this.clock.advance(advanceMs);
    return this.#time();
  }

  #time() {
    return { now: this.clock.now(), rate: this.clock.rate };
  }

  async #token(kind: Kind, signal?: AbortSignal): Promise<Answer | "drop"> {
    this.#requests[kind] += 1;
    const { delayMs } = this.#switches;
    const waited = delayMs === 0 || (await this.clock.wait(delayMs, signal));
    const answer = waited ? this.#answer(kind) : "drop";
    this.#requests[answer !== "drop" && answer.status === 200 ? "answered" : "refused"] += 1;
    return answer;
  }

  #answer(kind: Kind): Answer | "drop" {
    const { outage, throttle, denied, sameToken } = this.#switches;
    if (outage === "drop") return "drop";
    if (outage === "status") return refusal(503, "ServiceUnavailable", "The backend is down for the moment.", { "Retry-After": String(OUTAGE_RETRY_AFTER_SECONDS) });
    if (throttle !== null) return refusal(429, "TooManyRequests", "Too many requests.", { "Retry-After": String(throttle) });
    if (denied) return refusal(401, "Unauthorized", "The sign-in has ended.");
    if (!sameToken || this.#last[kind] === null) this.#last[kind] = this.#mint(kind);
    return ok(this.#last[kind]);
  }

  #mint(kind: Kind) {
    const now = this.clock.now();
    const { wrongKind, damaged, lifetimeSeconds } = this.#switches;
    const expiresAt = now + lifetimeSeconds * 1000;
    const embed = (kind === "embed") !== wrongKind;
    const whole = embed ? mintEmbedToken({ expiresAt }) : mintAadToken({ expiresAt, issuedAt: now });
    const token = damaged ? damage(whole) : whole;
    return kind === "embed" ? restAnswer(token, expiresAt) : oauthAnswer(token, expiresAt, now);
  }
}

function wrongMethod(route: Record<string, Handler>): Answer {
  return refusal(405, "MethodNotAllowed", "This address takes another method.", { Allow: Object.keys(route).join(", ") });
}

/** Does it with a body that is as it should be, and says what is wrong with any other. */
function checked<Schema extends v.GenericSchema>(schema: Schema, body: unknown, act: (good: v.InferOutput<Schema>) => unknown): Answer {
  const result = v.safeParse(schema, body);
  if (result.success) return ok(act(result.output));
  const [issue] = result.issues;
  const message = issue.expected === "never" ? "There is no such key." : `${issue.message}.`;
  return refusal(400, "BadRequest", `${v.getDotPath(issue) ?? "body"}: ${message}`);
}
