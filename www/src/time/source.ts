// Where the demo's time comes from. In the static site it is ours; with a server it is the server's, and we follow.

export const RATES = [1, 10, 60] as const;
export type Rate = (typeof RATES)[number];
/** A week in two minutes. Only for time that waits for the panes: that of the backend in the page. */
export const WEEK_RATE = 5_040;
/** Nought is a pause. */
export type Pace = Rate | typeof WEEK_RATE | 0;

export interface TimeSource {
  /** The paces that it can keep. */
  readonly paces: readonly Exclude<Pace, 0>[];
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
