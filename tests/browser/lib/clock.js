// The clock of a document: its timers, its dates and its monotonic clock go on when they are told to, and at no other
// time. Runs in every document before its own scripts; where and when it begins is in window.__begin.
import { withGlobal } from "@sinonjs/fake-timers";

const begin = window.__begin;
export const native = {
  setTimeout: window.setTimeout.bind(window),
  clearTimeout: window.clearTimeout.bind(window),
  now: performance.now.bind(performance),
};

const timers = withGlobal(window).install({
  now: begin.now,
  toFake: [
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "requestAnimationFrame",
    "cancelAnimationFrame",
    "requestIdleCallback",
    "cancelIdleCallback",
    "Date",
  ].filter((name) => name in window),
});
Object.defineProperty(performance, "now", {
  value: () => timers.performance.now(),
  writable: true,
  configurable: true,
});

// The dice of a scenario are its own, and fall the same in every run: mulberry32, begun with the scenario's name.
let state = begin.seed;
Math.random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let bits = Math.imul(state ^ (state >>> 15), 1 | state);
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
  return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
};

/** A task of its own, after all that waits already. */
export const turn = () =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });

const attempt = (what) => {
  try {
    what();
  } catch (error) {
    reportError(error); // as a browser does with what a timer throws
  }
};

export const clock = {
  /** Time goes by. Each timer that comes due (`next` says in how long the first does) has a task of its own. */
  async passes(ms, next) {
    const until = performance.now() + ms;
    while (timers.countTimers() && next() <= until - performance.now()) {
      attempt(() => timers.next());
      await turn();
    }
    attempt(() => timers.tick(Math.round(until - performance.now())));
  },
  /** Time goes by without timers; those that came due meanwhile fire once, at its end. */
  async jumps(ms) {
    attempt(() => timers.jump(ms));
    await turn();
  },
  /** The wall clock is set; timers and the monotonic clock don't notice. */
  isSet: (now) => timers.setSystemTime(now),
};
