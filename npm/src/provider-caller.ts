/**
 * Whether powerbi-client calls the provider for a message of another window than the iframe of the embed that asks.
 *
 * powerbi-client answers any window that names the embed's `uniqueId`. It calls the provider while it handles the
 * message, so `window.event` is that message, and `asked` has the embed. A page that wraps the provider in a function
 * which waits first, or passes nothing on, hides one or the other: then nothing is known, and the answer is false.
 */
export function isAskedByOtherWindow(asked: unknown): boolean {
  try {
    const { contentWindow } = (asked as { report: { iframe: HTMLIFrameElement } }).report.iframe;
    // A page's own variable of this name takes its place, and is not being dispatched.
    const event = window.event as MessageEvent | undefined;
    return event?.type === "message" && event.eventPhase > 0 && event.source !== contentWindow;
  } catch {
    return false;
  }
}
