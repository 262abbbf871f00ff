// The demo's line to one stand-in frame: commands go in, its state comes out, beside powerbi-client's own messages
// and without touching them (the state comes through a port of its own).

/** What the frame says of itself; see www/sandbox/README.md. */
export interface FrameState {
  kind: string;
  phase: "waiting" | "loading" | "loaded" | "failed";
  provider: boolean;
  queries: number;
  expiredVisuals: number;
  expiresAt: number | null;
  /** Of the right kind and whole, whatever the time. */
  usable: boolean;
  /** Whose rows the token shows; null for all. */
  role: string | null;
  fingerprint: string | null;
  silent: boolean;
}

export type FrameCommand = { type: "sandbox:plan"; plan: Record<string, unknown> };

export class FrameChannel {
  state: FrameState | null = null;
  readonly #iframe: HTMLIFrameElement;
  readonly #onState: (state: FrameState) => void;

  constructor(iframe: HTMLIFrameElement, onState: (state: FrameState) => void) {
    this.#iframe = iframe;
    this.#onState = onState;
    iframe.addEventListener("load", () => this.#connect());
  }

  send(command: FrameCommand): void {
    this.#iframe.contentWindow?.postMessage(command, location.origin);
  }

  #connect(): void {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<{ state: FrameState }>) => {
      this.state = data.state;
      this.#onState(data.state);
    };
    this.#iframe.contentWindow?.postMessage({ type: "sandbox:connect" }, location.origin, [port2]);
  }
}
