// What a visitor can make go wrong, in both lanes at once, and what there is to see then.
import type { Switches } from "../backend";

/** What a fault changes: switches of the backend, the plan of the stand-in frames, the machine. */
export interface Change {
  switches?: Partial<Switches>;
  plan?: Record<string, unknown>;
  hidden?: boolean;
  aheadMs?: number;
}

export type Group = "backend" | "frame" | "page";

interface Common {
  key: string;
  group: Group;
  label: string;
  /** One line: what to watch. */
  watch: string;
}

export interface Toggle extends Common {
  on: Change;
  off: Change;
  /** Those of one slot replace each other. */
  slot: string;
}

export interface Action extends Common {
  act: "embedAgain" | "sleep";
}

export type Fault = Toggle | Action;
export const isToggle = (fault: Fault): fault is Toggle => "on" in fault;

export const SLEEP_MS = 70 * 60_000;

export const GROUPS: Record<Group, string> = {
  backend: "The backend",
  frame: "The Power BI frame",
  page: "The visitor’s machine",
};

export const LIFETIMES: readonly { label: string; seconds: number }[] = [
  { label: "8 minutes", seconds: 480 },
  { label: "20 minutes", seconds: 1_200 },
  { label: "1 hour", seconds: 3_600 },
];
export const LIFETIME_WATCH =
  "From the next renewal on. With tokens that live less than its ten minutes the loop asks every 30 seconds; " +
  "the keeper’s window is half of a token’s life at most.";

const backend = (slot: string, on: Partial<Switches>, off: Partial<Switches>) =>
  ({ group: "backend", slot, on: { switches: on }, off: { switches: off } }) as const;
const frame = (slot: string, on: Record<string, unknown>, off: Record<string, unknown>) =>
  ({ group: "frame", slot, on: { plan: on }, off: { plan: off } }) as const;

export const FAULTS: readonly Fault[] = [
  {
    key: "down",
    label: "Down: 503",
    ...backend("outage", { outage: "status" }, { outage: "none" }),
    watch:
      "When a token is due, the keeper asks every five seconds or so, as the answer says. The loop asks every " +
      "30, and each failure is an unhandled rejection.",
  },
  {
    key: "cut",
    label: "Connection cut",
    ...backend("outage", { outage: "drop" }, { outage: "none" }),
    watch:
      "No answer at all. The keeper’s pauses grow from two seconds to a minute; the loop’s failures are caught " +
      "by nobody.",
  },
  {
    key: "slow",
    label: "Slow: 25 s",
    ...backend("delay", { delayMs: 25_000 }, { delayMs: 0 }),
    watch: "Both wait for the next renewal, one request each, and the old token works on meanwhile.",
  },
  {
    key: "denied",
    label: "Signed out: 401",
    ...backend("denied", { denied: true }, { denied: false }),
    watch:
      "The keeper says “denied”, so that an app can show a sign-in, and asks rarely. The loop asks every 30 seconds.",
  },
  {
    key: "throttled",
    label: "Busy: 429",
    ...backend("throttle", { throttle: 120 }, { throttle: null }),
    watch: "The backend asks for two minutes of quiet. The keeper keeps them; the loop asks on.",
  },
  {
    key: "same",
    label: "Same token again",
    ...backend("same", { sameToken: true }, { sameToken: false }),
    watch:
      "A backend that caches. The keeper sees that nothing would change and asks again later; the loop takes " +
      "it each time.",
  },
  {
    key: "wrongKind",
    label: "Wrong kind",
    ...backend("wrongKind", { wrongKind: true }, { wrongKind: false }),
    watch:
      "At the next renewal the keeper refuses it, and the report works on. The loop hands it to the report, " +
      "which falls.",
  },
  {
    key: "damaged",
    label: "Damaged token",
    ...backend("damaged", { damaged: true }, { damaged: false }),
    watch:
      "It was cut off on its way. The keeper refuses it and asks again; the loop hands it to the report, which " +
      "falls and stays down.",
  },
  {
    key: "silent",
    label: "Silent",
    ...frame("silent", { silent: true }, { silent: false }),
    watch:
      "The frame answers nothing. Afterwards the keeper sets the token again; the loop wrote the new " +
      "expiration down before the report had it.",
  },
  {
    key: "late",
    label: "Late: 8 s",
    ...frame("token", { always: { token: { delayMs: 8_000 } } }, { always: { token: null } }),
    watch: "The frame takes the next token eight seconds late. Both wait for it.",
  },
  {
    key: "reset",
    group: "frame",
    label: "Reset: embed again",
    act: "embedAgain",
    watch:
      "The page embeds again with the token it had first, as a re-render does. Once that has expired, only the " +
      "keeper brings the newer one.",
  },
  {
    key: "hidden",
    group: "page",
    label: "Tab hidden",
    slot: "hidden",
    on: { hidden: true },
    off: { hidden: false },
    watch: "Timers now come once a minute, as in a background tab. Both go on.",
  },
  {
    key: "asleep",
    group: "page",
    label: "Laptop asleep for 70 min",
    act: "sleep",
    watch: "Seventy minutes pass at once, and the token is expired on waking. See who has a new one first.",
  },
  {
    key: "ahead",
    group: "page",
    label: "Clock 2 hours ahead",
    slot: "clock",
    on: { aheadMs: 7_200_000 },
    off: { aheadMs: 0 },
    watch:
      "To this clock every token has expired. The keeper learns the difference from the answers; the loop asks " +
      "every 30 seconds.",
  },
  {
    key: "behind",
    group: "page",
    label: "Clock 15 min behind",
    slot: "clock",
    on: { aheadMs: -900_000 },
    off: { aheadMs: 0 },
    watch:
      "By this clock the loop’s ten minutes begin five minutes after the token’s end. The keeper knows the " +
      "service’s time.",
  },
];

export function faultOf(key: string): Fault {
  const found = FAULTS.find((fault) => fault.key === key);
  if (!found) throw new Error(`there is no fault "${key}"`);
  return found;
}
