let timer: number | undefined;

/**
 * Takes the place of the global `setInterval` in the engine's chunks (`inject` in `scripts/build.mjs`): the engine has
 * one repeating timer, and one that has crashed can't clear it.
 */
function startInterval(work: () => void, ms: number): number {
  timer = window.setInterval(work, ms);
  return timer;
}

export const stopInterval = (): void => window.clearInterval(timer);

export { startInterval as setInterval };
