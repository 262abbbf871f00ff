// A lane's way to the backend: notes each request and how it ended, for both lanes alike.
import type { Happening, RequestMark } from "./api";

const KEPT = 3_000;
/** Longer than an answer takes on this machine; one that is held back by a switch is not waited for. */
const PATIENCE_MS = 150;
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

  readonly fetch: typeof fetch = async (input, init) => {
    const mark: RequestMark = { at: this.#now(), outcome: "under way" };
    const since = { real: parent.performance.now() };
    this.requests += 1;
    this.marks.push(mark);
    if (this.marks.length > KEPT) this.marks.shift();
    this.#since.add(since);
    const end = (outcome: "answered" | "refused", text: string) => {
      mark.outcome = outcome;
      if (outcome === "refused") this.refused += 1;
      this.#tell({ at: this.#now(), kind: "request", tone: outcome === "refused" ? "warn" : "plain", text });
    };
    try {
      const answer = await ownResponse(await this.#beyond(input, init));
      end(answer.ok ? "answered" : "refused", answer.ok ? "Asked the backend, and got an answer." : `Asked the backend, and was refused: ${answer.status}.`);
      return answer;
    } catch (error) {
      end("refused", init?.signal?.aborted ? "Gave up a request that took too long." : "Asked the backend, and the connection was cut.");
      throw error;
    } finally {
      this.#since.delete(since);
      this.#answered = parent.performance.now();
    }
  };

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
