// The demo's backend, as the page uses it: over HTTP, or in the page itself (the static site).
import type { Config } from "../backend/config";
import type { Switches } from "../backend/switches";

export type { Switches };

interface Time {
  now: number;
  rate: number;
}

/** It answered, and said no. */
export class BackendError extends Error {
  /** What `explain` reads. */
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`it answered ${status}`);
    this.body = body;
  }
}

export class Backend {
  /** Where the backend is in the page itself: its way in, for the panes. With a server they use their own. */
  readonly localFetch: typeof fetch | null;

  constructor(localFetch: typeof fetch | null) {
    this.localFetch = localFetch;
  }

  readSwitches = () => this.#ask<Switches>("api/switches");
  resetSwitches = () => this.#ask<Switches>("api/switches", "DELETE");
  changeSwitches = (change: Partial<Switches>) => this.#ask<Switches>("api/switches", "PUT", change);
  clock = () => this.#ask<Time>("api/clock");
  setClock = (change: { rate?: number; advanceMs?: number }) => this.#ask<Time>("api/clock", "PUT", change);
  config = () => this.#ask<Config>("api/config");

  async #ask<T>(path: string, method = "GET", body?: unknown): Promise<T> {
    const url = new URL(path, document.baseURI);
    const answer = await (this.localFetch ?? fetch)(url, {
      method,
      ...(body !== undefined && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new BackendError(answer.status, await answer.json().catch(() => null));
    return (await answer.json()) as T;
  }
}
