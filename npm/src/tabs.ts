/** What one tab tells the others of its `shareKey`. */
export interface News {
  readonly token: string;
  readonly expiration: number;
}

/**
 * The tabs of this origin with the same `shareKey`: a channel that carries a token which was just obtained, and a
 * lock that lets one of them ask at a time. Where the browser has neither, every tab is alone.
 *
 * A chunk of its own: a page without a `shareKey` loads none of it.
 */
export class Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel | undefined;
  #letGo = (): void => {};
  /** What this tab posted last to itself, and what is to be done when it arrives. */
  #echo = { mark: "", arrived: (): void => {} };

  /** @param heard called with what another tab got */
  constructor(shareKey: string, heard: (news: News) => void) {
    this.#name = `powerbi-token-keeper:${shareKey}`;
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => {
      if (data === this.#echo.mark) this.#echo.arrived();
      else if (isNews(data)) heard({ token: data.token, expiration: data.expiration });
    };
  }

  /** Waits for this tab's turn; the one before, if any, is given back. */
  claim(granted: () => void): void {
    this.release();
    const { locks } = navigator as Partial<Navigator>;
    if (locks === undefined) {
      granted();
      return;
    }
    const claim = new AbortController();
    const held = new Promise<void>((resolve) => {
      this.#letGo = () => {
        resolve();
        // a lock that was not granted yet never will be
        claim.abort();
      };
    });
    const turn = (): Promise<void> => {
      this.#afterNews(() => {
        if (!claim.signal.aborted) granted();
      });
      return held;
    };
    // refused, as in a sandboxed frame: then this tab is alone
    locks.request(this.#name, { signal: claim.signal }, turn).catch(() => {
      if (!claim.signal.aborted) granted();
    });
  }

  /**
   * Lock and channel keep no order between them, but the channel does: what the tab before had to tell arrives before
   * what this tab posts now. A timer would not do, since those of a hidden page come once a minute.
   */
  #afterNews(then: () => void): void {
    if (this.#channel === undefined) {
      then();
      return;
    }
    this.#echo = { mark: `turn ${Math.random()}`, arrived: then };
    // a channel does not hear itself
    const other = new BroadcastChannel(this.#name);
    other.postMessage(this.#echo.mark);
    other.close();
  }

  /** Gives the turn back, or waits for it no more. */
  release(): void {
    this.#letGo();
    this.#letGo = () => {};
  }

  /** Tells the others. */
  share(news: News): void {
    this.#channel?.postMessage(news);
  }

  /** Has nothing to do with the others any more. */
  leave(): void {
    this.release();
    this.#channel?.close();
  }
}

/** Anybody of this origin may post to the channel. */
function isNews(data: unknown): data is News {
  const { token, expiration } = (data ?? {}) as Partial<News>;
  return typeof token === "string" && typeof expiration === "number";
}
