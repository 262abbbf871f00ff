import { hasEmbed } from "./embeds.js";

/** What a frame raises on its container when it has loaded, or failed to. */
const FRAME_EVENTS = ["loaded", "tileLoaded", "error"];

/**
 * Containers whose embed is gone. When one comes back to life it is attached again: a panel that was closed and
 * opened, a report embedded anew.
 */
export class RemovedEmbeds {
  /** The listener on each container, which alone holds on to it. */
  private readonly listeners = new WeakMap<HTMLElement, () => void>();

  /** @param end removes all listeners when it is aborted */
  constructor(
    private readonly end: AbortSignal,
    private readonly onReturn: (element: HTMLElement) => void,
  ) {}

  add(element: HTMLElement): void {
    const listener = (): void => {
      this.delete(element);
      if (hasEmbed(element)) this.onReturn(element);
    };
    const listening = { capture: true, signal: this.end };
    // captured, so that the engine, which listens from then on, hears the very error that the embed came back with
    for (const event of FRAME_EVENTS) element.addEventListener(event, listener, listening);
    this.listeners.set(element, listener);
  }

  delete(element: HTMLElement): void {
    const listener = this.listeners.get(element);
    if (listener === undefined) return;
    this.listeners.delete(element);
    for (const event of FRAME_EVENTS) element.removeEventListener(event, listener, true);
  }
}
