// Requests to Microsoft, and what comes of them: an answer, or a failure that says who refused, how, and until when.
import type { ApiResponse } from "../../backend/responses";
import type { SecretFilter } from "./secret-filter";

/** A wrong Retry-After must not disable the server for longer. */
const MAX_RETRY_AFTER_MS = 3_600_000;

export type Service = "Entra" | "Power BI";

export interface Failure {
  service: Service;
  status: number;
  code: string;
  message: string;
  /** Milliseconds since the epoch before which nothing more may be asked; null where nobody said. */
  notBefore?: number | null;
  /** Power BI's own word for what went wrong, sometimes the only one: the header X-PowerBI-Error-Info. */
  errorInfo?: string | null;
  /** What Microsoft's support asks for. */
  requestId?: string | null;
}

export class UpstreamError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.service}: ${failure.status} ${failure.code}`);
    this.failure = failure;
  }
}

/** The failure as the page gets it: Microsoft's status and words, in the shape that `explain` reads. */
export function toApiResponse(
  { service, status, code, message, notBefore, errorInfo, requestId }: Failure,
  now: number,
): ApiResponse {
  return {
    status,
    headers: {
      ...(notBefore && { "Retry-After": String(Math.max(1, Math.ceil((notBefore - now) / 1000))) }),
      ...(errorInfo && { "X-PowerBI-Error-Info": errorInfo }),
      ...(requestId && { RequestId: requestId }),
    },
    body: { error: { code, message }, status, service, ...(requestId && { requestId }) },
  };
}

/** One service, asked through here alone: within its time limit, and not before it wants to be asked again. */
export class Upstream {
  readonly #service: Service;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #secrets: SecretFilter;
  #refusal: Failure | null = null;

  constructor(service: Service, timeoutMs: number, now: () => number, secrets: SecretFilter) {
    this.#service = service;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    this.#secrets = secrets;
  }

  /**
   * The answer, whatever its status, read to its end.
   * @throws {UpstreamError} when there is none, or when an earlier one forbade to ask now.
   */
  async request(url: string, init: RequestInit): Promise<{ status: number; headers: Headers; text: string }> {
    if (this.#refusal?.notBefore && this.#now() < this.#refusal.notBefore) throw new UpstreamError(this.#refusal);
    try {
      // No address but the one that is asked may learn what is in the request.
      const response = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(this.#timeoutMs) });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      const late = error instanceof Error && error.name === "TimeoutError";
      throw late
        ? this.failure({
            status: 504,
            code: "UpstreamTimeout",
            message: `${this.#service} did not answer within ${this.#timeoutMs / 1000} seconds.`,
          })
        : this.failure({
            status: 502,
            code: "UpstreamUnreachable",
            message: `${this.#service} could not be reached${reason(error)}.`,
          });
    }
  }

  /** What a refusal is thrown as. One that says when to come back is kept to. */
  failure(refusal: Omit<Failure, "service">, headers?: Headers): UpstreamError {
    const notBefore = notBeforeOf(headers?.get("retry-after") ?? null, this.#now());
    const { status, code, message, errorInfo, requestId } = refusal;
    const failure: Failure = {
      service: this.#service,
      status,
      code: this.#secrets.clean(code),
      message: this.#secrets.clean(message),
      notBefore,
      ...(errorInfo && { errorInfo: this.#secrets.clean(errorInfo) }),
      ...(requestId && { requestId: this.#secrets.clean(requestId) }),
    };
    if (notBefore !== null) this.#refusal = failure;
    return new UpstreamError(failure);
  }
}

/** The system's short word, as ECONNREFUSED; an error's message could quote more than an address. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === "string" ? ` (${cause.code})` : "";
}

/** Retry-After is a number of seconds or a date. */
function notBeforeOf(text: string | null, now: number): number | null {
  if (text === null) return null;
  const time = /^\d+$/.test(text.trim()) ? now + Number(text) * 1000 : Date.parse(text);
  return Number.isFinite(time) && time > now ? Math.min(time, now + MAX_RETRY_AFTER_MS) : null;
}

/** JSON, or undefined for what is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
