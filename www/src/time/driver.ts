// Moves the lanes through time, together: from one moment at which something is due to the next, and at each of them
// everything that takes no virtual time comes to rest before time goes on. So both lanes see the same day, at any pace.
import type { Lane } from "../lane/api";
import type { TimeSource } from "./source";

const TICK_MS = 30;
/**
 * How long something real, such as an answer on the wire, may hold time up at most; the lanes have less patience with
 * most things.
 */
const PATIENCE_MS = 5_000;
const TURNS = 6;
/** Without anything due there are still pictures to paint. */
const LONGEST_STEP_MS = 60_000;

interface Agenda {
  nextDue(): number;
  reached(at: number): Promise<void>;
}

export class Driver {
  readonly #source: TimeSource;
  readonly #lanes: () => readonly Lane[];
  /** Something of the page's own that is due at a moment: the next step of a story. */
  readonly #agenda: Agenda;
  now: number;
  #running = false;
  #work: Promise<void> = Promise.resolve();

  constructor(source: TimeSource, lanes: () => readonly Lane[], agenda: Agenda) {
    this.#source = source;
    this.#lanes = lanes;
    this.#agenda = agenda;
    this.now = source.now();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  /** Moves to where the source is, and returns when the lanes are there. */
  catchUp(): Promise<void> {
    return this.#queue(() => this.#moveTo(this.#source.now()));
  }

  /** The same from within `between` or the agenda, which hold the queue. */
  meet(): Promise<void> {
    return this.#moveTo(this.#source.now());
  }

  /** For what must not happen between two steps. */
  between(act: () => void | Promise<void>): Promise<void> {
    return this.#queue(async () => {
      await act();
      await this.#rest();
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
      const lanes = this.#lanes();
      const due = Math.min(
        this.#source.nextDue(),
        this.#agenda.nextDue(),
        ...lanes.map((lane) => lane.nextDue()),
        this.now + LONGEST_STEP_MS,
      );
      this.now = Math.min(target, Math.max(Math.ceil(due), this.now + 1));
      this.#source.reached(this.now);
      for (const lane of lanes) lane.moveTo(this.now);
      await this.#rest();
      if (this.#agenda.nextDue() > this.now) continue;
      // may move time on itself, as sleep does
      await this.#agenda.reached(this.now);
      await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    const start = performance.now();
    for (;;) {
      for (let i = 0; i < TURNS; i += 1) await turn();
      const now = performance.now();
      if (now - start > PATIENCE_MS || !this.#lanes().some((lane) => lane.isBusy(now))) return;
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
