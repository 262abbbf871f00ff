// A lane's way to the backend: notes each request and how it ended, for both lanes alike.
import type { Happening, RequestMark } from "./api";

const KEPT = 3_000;
/** Longer than an answer takes on this machine; one that is held back by a switch is not waited for. */
const PATIENCE_MS = 500;
/** How long after an answer its consequences are waited for. */
const AFTERMATH_MS = 8;

export class Network {
  readonly marks: RequestMark[] = [];
  requests = 0;
  refused = 0;
  readonly #beyond: typeof fetch;
  readonly #now: () => number;
  readonly #tell: (happening: Happening) => void;
  /** When each request under way was made, by the real clock of the demo's page. */
  readonly #since = new Set<{ real: number }>();
  #answered = -Infinity;

  constructor(beyond: typeof fetch, now: () => number, tell: (happening: Happening) => void) {
    this.#beyond = beyond;
    this.#now = now;
    this.#tell = tell;
  }

  readonly fetch: typeof fetch = (input, init) => {
    const answered = (answer: Response) => (answer.ok ? null : `Asked the backend, and was refused: ${answer.status}.`);
    const cut = () =>
      init?.signal?.aborted
        ? "Gave up a request that took too long."
        : "Asked the backend, and the connection was cut.";
    return this.note(async () => ownResponse(await this.#beyond(input, init)), answered, cut);
  };

  /** Notes a request that `work` makes. `refusal` says what is wrong with its answer, `failure` why there is none. */
  async note<T>(work: () => Promise<T>, refusal: (answer: T) => string | null, failure: () => string): Promise<T> {
    const mark: RequestMark = { at: this.#now(), outcome: "under way" };
    const since = { real: parent.performance.now() };
    this.requests += 1;
    this.marks.push(mark);
    if (this.marks.length > KEPT) this.marks.shift();
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
      text: wrong ?? "Asked the backend, and got an answer.",
    });
  }

  isBusy(realNow: number): boolean {
    return realNow - this.#answered < AFTERMATH_MS || [...this.#since].some(({ real }) => realNow - real < PATIENCE_MS);
  }
}

/** An answer of the backend in the demo's page, made again as this window's own fetch would have made it. */
async function ownResponse(answer: Response): Promise<Response> {
  if (answer instanceof Response) return answer;
  const { status, headers } = answer as Response;
  return new Response(await (answer as Response).text(), { status, headers: [...headers] });
}
