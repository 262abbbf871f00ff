// Durations in words, and the moment at which every story begins.

export const seconds = (/** @type {number} */ n) => n * 1000;
export const minutes = (/** @type {number} */ n) => n * 60_000;
export const hours = (/** @type {number} */ n) => n * 3_600_000;

/** A whole second, since tokens carry whole seconds. */
export const START = Date.UTC(2026, 0, 15, 8, 0, 0);
