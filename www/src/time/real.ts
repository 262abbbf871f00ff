// Live mode's time: the machine's own, which nobody sets.
import type { TimeSource } from "./source";

export const realTime: TimeSource = {
  paces: [1],
  now: () => Date.now(),
  nextDue: () => Infinity,
  reached: () => {},
  setPace: async () => {},
  leap: async () => {},
};
