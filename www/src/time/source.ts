// Where the demo's time comes from. In the static site it is ours; with a server it is the server's, and we follow.

export const RATES = [1, 10, 60] as const;
export type Rate = (typeof RATES)[number];
/** Nought is a pause. */
export type Pace = Rate | 0;

export interface TimeSource {
  /** Where time is by now. */
  now(): number;
  /** The next moment at which something is due in the backend, as far as that is known here. */
  nextDue(): number;
  /** The panes are at this moment. */
  reached(at: number): void;
  setPace(pace: Pace): Promise<void>;
  /** Time that passes in a moment: a machine that sleeps. */
  leap(ms: number): Promise<void>;
}
