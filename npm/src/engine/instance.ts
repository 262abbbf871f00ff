import { api, connect, imports } from "../../../target/npm/engine/glue.js";
import type { Instantiate } from "./decode.js";
import { stopInterval } from "./interval.js";

/** What the Rust side exports (`src/web/`). */
export type Exports = typeof api;

/** A started engine. */
export interface Engine {
  readonly name: "wasm" | "js";
  readonly exports: Exports;
  /** Whether it has crashed. From then on its exports do nothing and return undefined. */
  crashed: boolean;
  /** Each is called once, when it crashes. */
  readonly onCrash: Set<() => void>;
}

// biome-ignore lint/complexity/noBannedTypes: whatever crosses the boundary
type Crossing = Function;

/**
 * Starts the engine so that a crash stays inside: whatever leaves the instance as an exception, a trap or a thrown
 * value, is a crash. Everything on the page that the instance owns (timers, listeners, promises) enters it through its
 * exports, so none of that throws at the page or wakes a dead instance.
 */
export function startEngine(name: Engine["name"], instantiate: Instantiate): Engine {
  const engine: Engine = { name, exports: api, crashed: false, onCrash: new Set() };
  const enter = (exported: Crossing, args: unknown[]): unknown => {
    if (engine.crashed) return undefined;
    try {
      return exported(...args);
    } catch {
      // what was thrown is dropped: it may quote a token
      crash(engine);
      return undefined;
    }
  };
  const leave = (imported: Crossing, args: unknown[]): unknown => {
    const result: unknown = imported(...args);
    // the page may have called back into the instance, which crashed: what is left of it on the stack ends here
    if (engine.crashed) throw new Error("crashed");
    return result;
  };
  connect(wrap(instantiate({ a: wrap(imports, leave) }), enter));
  return engine;
}

function crash(engine: Engine): void {
  if (engine.crashed) return;
  engine.crashed = true;
  stopInterval();
  for (const listener of engine.onCrash) listener();
}

/** A copy of `members` in which each function is called by `call`. */
function wrap<T extends object>(members: T, call: (member: Crossing, args: unknown[]) => unknown): T {
  const wrapped: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(members) as [string, unknown][])
    wrapped[name] = typeof member === "function" ? (...args: unknown[]) => call(member, args) : member;
  return wrapped as T;
}
