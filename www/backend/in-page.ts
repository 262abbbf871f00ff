// The backend inside the page, behind a fetch: what the static site uses, where there is no server.
import type { DemoBackend } from "./backend";

/** Answers what is below `/api/`, wherever the page itself lies; everything else goes to the page's own fetch. */
export function inPageFetch(backend: DemoBackend, fallback: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    const start = pathname.lastIndexOf("/api/");
    if (start < 0) return fallback(input, init);
    const { method, signal } = request;
    const body = await json(request);
    const answer = await unlessAborted(backend.handle({ method, path: pathname.slice(start), body }, signal), signal);
    // In the words of a browser whose connection was cut.
    if (answer === "drop") throw new TypeError("Failed to fetch");
    return new Response(JSON.stringify(answer.body), {
      status: answer.status,
      headers: { ...answer.headers, "Content-Type": "application/json" },
    });
  };
}

async function json(request: Request): Promise<unknown> {
  const text = await request.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** A fetch that is given up rejects at once and with the reason that was given. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
