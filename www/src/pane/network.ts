// A pane's fetch: records each request to the backend and its outcome.
import type { LogEvent, RequestMark } from "./api";

const MAX_ENTRIES = 3_000;
/** Longer than an answer takes on this machine; one that is held back by a switch is not waited for. */
const MAX_WAIT_MS = 500;
/** The same of a backend in the page, which needs no wire. */
const MAX_LOCAL_WAIT_MS = 150;
/** How long after an answer its consequences are waited for. */
const SETTLE_MS = 8;

export class Network {
  readonly marks: RequestMark[] = [];
  requests = 0;
  /** The sign-in library has no token before its user has signed in again. */
  requiresSignIn = false;
  refused = 0;
  readonly #forward: typeof fetch;
  readonly #now: () => number;
  readonly #tell: (event: LogEvent) => void;
  /** When each request under way was made, by the real clock of the demo's page. */
  readonly #since = new Set<{ real: number }>();
  #answered = -Infinity;

  readonly #maxWaitMs: number;

  /** `local` is the backend in the demo's page. */
  constructor(local: typeof fetch | null, now: () => number, tell: (event: LogEvent) => void) {
    this.#forward = local ?? window.fetch.bind(window);
    this.#maxWaitMs = local ? MAX_LOCAL_WAIT_MS : MAX_WAIT_MS;
    this.#now = now;
    this.#tell = tell;
  }

  readonly fetch: typeof fetch = (input, init) => {
    const answered = (answer: Response) => (answer.ok ? null : `Token request failed: ${answer.status}.`);
    const cut = () =>
      init?.signal?.aborted
        ? "Token request aborted: it took too long."
        : "Token request failed: the connection was cut.";
    return this.record(async () => ownResponse(await this.#forward(input, init)), answered, cut);
  };

  /**
   * The headers by which a backend knows the user: the place of MSAL's acquireTokenSilent. Nothing, or MSAL's error.
   */
  async authorization(): Promise<Record<string, string>> {
    if (this.requiresSignIn)
      await this.record(
        throwInteractionRequired,
        () => null,
        () => "MSAL threw InteractionRequiredAuthError: the user must sign in again.",
      );
    return {};
  }

  /** Notes a request that `work` makes. `refusal` says what is wrong with its answer, `failure` why there is none. */
  async record<T>(work: () => Promise<T>, refusal: (answer: T) => string | null, failure: () => string): Promise<T> {
    const mark: RequestMark = { at: this.#now(), outcome: "under way" };
    const since = { real: parent.performance.now() };
    this.requests += 1;
    this.marks.push(mark);
    if (this.marks.length > MAX_ENTRIES) this.marks.shift();
    this.#since.add(since);
    try {
      const answer = await work();
      this.#end(mark, refusal(answer));
      return answer;
    } catch (error) {
      this.#end(mark, failure());
      throw error;
    } finally {
      this.#since.delete(since);
      this.#answered = parent.performance.now();
    }
  }

  #end(mark: RequestMark, wrong: string | null): void {
    mark.outcome = wrong === null ? "answered" : "refused";
    if (wrong !== null) this.refused += 1;
    this.#tell({
      at: this.#now(),
      kind: "request",
      tone: wrong === null ? "plain" : "warn",
      text: wrong ?? "Token request answered.",
    });
  }

  isBusy(realNow: number): boolean {
    return (
      realNow - this.#answered < SETTLE_MS || [...this.#since].some(({ real }) => realNow - real < this.#maxWaitMs)
    );
  }
}

async function throwInteractionRequired(): Promise<never> {
  const { InteractionRequiredAuthError } = await import("@azure/msal-browser");
  throw new InteractionRequiredAuthError("interaction_required", "AADSTS50078: Presented multi-factor has expired.");
}

/** An answer of the backend in the demo's page, made again as this window's own fetch would have made it. */
async function ownResponse(answer: Response): Promise<Response> {
  if (answer instanceof Response) return answer;
  const { status, headers } = answer as Response;
  return new Response(await (answer as Response).text(), { status, headers: [...headers] });
}
