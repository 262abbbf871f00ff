// Moves the panes through time, together: from one moment at which something is due to the next, and at each of them
// everything that takes no virtual time comes to rest before time goes on. So both panes see the same day, at any pace.
import type { Pane } from "../pane/api";
import type { TimeSource } from "./source";

const TICK_MS = 30;
/**
 * How long something real, such as an answer on the wire, may hold time up at most; the panes have less patience with
 * most things.
 */
const MAX_WAIT_MS = 5_000;
const TURNS_TO_SETTLE = 6;
/** Without anything due there are still pictures to paint. */
const MAX_STEP_MS = 60_000;

interface Schedule {
  nextDue(): number;
  reached(at: number): Promise<void>;
}

export class Driver {
  readonly #source: TimeSource;
  readonly #panes: () => readonly Pane[];
  /** Something of the page's own that is due at a moment: the next step of a story. */
  readonly #schedule: Schedule;
  now: number;
  #running = false;
  #work: Promise<void> = Promise.resolve();

  constructor(source: TimeSource, panes: () => readonly Pane[], schedule: Schedule) {
    this.#source = source;
    this.#panes = panes;
    this.#schedule = schedule;
    this.now = source.now();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  /** Moves to where the source is, and returns when the panes are there. */
  catchUp(): Promise<void> {
    return this.#queue(() => this.#moveTo(this.#source.now()));
  }

  /** The same from within `runBetweenSteps` or the schedule, which hold the queue. */
  moveNow(): Promise<void> {
    return this.#moveTo(this.#source.now());
  }

  /** For what must not happen between two steps. */
  runBetweenSteps(act: () => void | Promise<void>): Promise<void> {
    return this.#queue(async () => {
      await act();
      await this.#settle();
    });
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.catchUp();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  #queue(act: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(act, act);
    return this.#work;
  }

  async #moveTo(target: number): Promise<void> {
    while (this.now < target) {
      const panes = this.#panes();
      const due = Math.min(
        this.#source.nextDue(),
        this.#schedule.nextDue(),
        ...panes.map((pane) => pane.nextDue()),
        this.now + MAX_STEP_MS,
      );
      this.now = Math.min(target, Math.max(Math.ceil(due), this.now + 1));
      this.#source.reached(this.now);
      for (const pane of panes) pane.moveTo(this.now);
      await this.#settle();
      if (this.#schedule.nextDue() > this.now) continue;
      // may move time on itself, as sleep does
      await this.#schedule.reached(this.now);
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    const start = performance.now();
    for (;;) {
      for (let i = 0; i < TURNS_TO_SETTLE; i += 1) await turn();
      const now = performance.now();
      if (now - start > MAX_WAIT_MS || !this.#panes().some((pane) => pane.isBusy(now))) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

/** A turn of the event loop, behind the messages that are on their way. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
