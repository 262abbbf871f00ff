import type { Exports } from "./engine-wasm.js";
import { engines } from "./engines.js";
import { first } from "./start.js";
import { soon } from "./turns.js";

/** A started engine. */
export interface Engine {
  readonly name: "wasm" | "js";
  /** What it may be told (`src/web/door.rs`). */
  readonly door: Exports;
}

let booted: Promise<Engine> | undefined;
const onCrash = new Set<() => void>();

/**
 * Loads and starts the engine, once for all keepers of this copy of the package. A failure is forgotten, so that the
 * next keeper tries again.
 */
export function load(): Promise<Engine> {
  return (booted ??= launch().catch((error: unknown) => {
    booted = undefined;
    throw error;
  }));
}

/**
 * The same, for a keeper.
 *
 * @param crashed called when the engine must not be entered any more
 */
export function loadEngine(crashed: () => void): Promise<Engine> {
  onCrash.add(crashed);
  // before the caller gets the engine
  if (crash.dead) queueMicrotask(crash);
  return load();
}

/** Takes back what {@link loadEngine} was given. */
export function forget(crashed: () => void): void {
  onCrash.delete(crashed);
}

/**
 * The engine is dead: every keeper is told once, and who comes later as well. What the instance still has on the page,
 * a timer or a listener, looks at `dead` and enters it no more (`scripts/lib/glue.mjs`).
 */
export const crash: { (): void; dead: boolean } = /* @__PURE__ */ Object.assign(
  () => {
    crash.dead = true;
    const told = [...onCrash];
    onCrash.clear();
    for (const crashed of told) crashed();
  },
  { dead: false },
);

async function launch(): Promise<Engine> {
  const [name, door] = await first(engines);
  door.boot(crash, soon);
  return { name, door };
}
