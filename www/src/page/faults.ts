// The faults that a visitor can switch on in both panes at once, and what to watch for each.
import type { Switches } from "../backend";

/** The effect of a fault: on the backend's switches, the stand-in frames' plan, or the machine. */
export interface Change {
  switches?: Partial<Switches>;
  plan?: Record<string, unknown>;
  hidden?: boolean;
  aheadMs?: number;
  /** The sign-in library throws. */
  signIn?: boolean;
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
  /** Faults of one slot exclude each other. */
  slot: string;
}

export interface Action extends Common {
  act: "embedAgain" | "embedAnother" | "sleep" | "crash";
}

export type Fault = Toggle | Action;
export const isToggle = (fault: Fault): fault is Toggle => "on" in fault;

export const SLEEP_MS = 70 * 60_000;

export const GROUPS: Record<Group, string> = {
  backend: "The backend",
  frame: "The Power BI frame",
  page: "The user’s machine",
};

export const LIFETIMES: readonly { label: string; seconds: number }[] = [
  { label: "8 minutes", seconds: 480 },
  { label: "20 minutes", seconds: 1_200 },
  { label: "1 hour", seconds: 3_600 },
];
export const LIFETIME_WATCH =
  "Holds from the next refresh on. With tokens that last less than ten minutes the loop asks every 30 seconds; " +
  "the keeper’s refresh window is at most half of a token’s lifetime.";

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
      "Once a token is due, the keeper retries every 45 seconds or so, and the more often the less time is left. The " +
      "loop retries every 30 seconds, and each failure is an unhandled rejection.",
  },
  {
    key: "cut",
    label: "Connection cut",
    ...backend("outage", { outage: "drop" }, { outage: "none" }),
    watch:
      "No response at all. The keeper retries as in an outage: a third of the time that is left later, at most 45 " +
      "seconds. The loop doesn’t catch its failures.",
  },
  {
    key: "slow",
    label: "Slow: 25 s",
    ...backend("delay", { delayMs: 25_000 }, { delayMs: 0 }),
    watch: "Both send one request at the next refresh and wait; the old token keeps working meanwhile.",
  },
  {
    key: "slow60",
    label: "A slow backend: 60 s",
    ...backend("delay", { delayMs: 60_000 }, { delayMs: 0 }),
    watch:
      "The keeper’s time limit of 30 seconds doubles after each timeout, until the backend can keep it. The loop has " +
      "no limit and sends another request every 30 seconds.",
  },
  {
    key: "denied",
    label: "Signed out: 401",
    ...backend("denied", { denied: true }, { denied: false }),
    watch:
      "The keeper’s state becomes “denied”, so that a page can offer a sign-in, and it retries rarely. The loop " +
      "retries every 30 seconds.",
  },
  {
    key: "msal",
    group: "page",
    label: "MSAL: sign in again",
    slot: "signIn",
    on: { signIn: true },
    off: { signIn: false },
    watch:
      "MSAL throws InteractionRequiredAuthError instead of a token. The keeper reads it like a 401 and becomes " +
      "“denied”. Switch it off to sign in: the page calls refresh(). In the loop each try is an unhandled rejection.",
  },
  {
    key: "throttled",
    label: "Busy: 429",
    ...backend("throttle", { throttle: 120 }, { throttle: null }),
    watch: "Retry-After says two minutes. The keeper waits that long; the loop keeps asking.",
  },
  {
    key: "same",
    label: "Same token again",
    ...backend("same", { sameToken: true }, { sameToken: false }),
    watch:
      "A backend that caches. The keeper sees that the token is the one in place and retries later; the loop " +
      "sets it each time.",
  },
  {
    key: "wrongKind",
    label: "Wrong kind",
    ...backend("wrongKind", { wrongKind: true }, { wrongKind: false }),
    watch:
      "At the next refresh the keeper rejects the token and the report keeps working. The loop sets it, and the " +
      "report fails.",
  },
  {
    key: "damaged",
    label: "Damaged token",
    ...backend("damaged", { damaged: true }, { damaged: false }),
    watch:
      "The token was truncated on its way. The keeper rejects it and retries; the loop sets it, and the report " +
      "fails and stays down.",
  },
  {
    key: "silent",
    label: "Silent",
    ...frame("silent", { silent: true }, { silent: false }),
    watch:
      "The frame answers nothing. Afterwards the keeper sets the token again; the loop recorded the new " +
      "expiration before the report had the token.",
  },
  {
    key: "late",
    label: "Late: 8 s",
    ...frame("token", { always: { token: { delayMs: 8_000 } } }, { always: { token: null } }),
    watch: "The frame takes eight seconds to accept the next token. Both wait.",
  },
  {
    key: "reset",
    group: "frame",
    label: "Reset: embed again",
    act: "embedAgain",
    watch:
      "The page embeds again with its first token, as a re-render does. Once that token has expired, only the " +
      "keeper sets the newer one.",
  },
  {
    key: "another",
    group: "frame",
    label: "Another report in the same container",
    act: "embedAnother",
    watch:
      "The page switches to another report, which has a token of its own. The keeper leaves that token alone until " +
      "it is due, and then requests one for the report that is there. The loop sets the first report’s next token.",
  },
  {
    key: "crash",
    group: "page",
    label: "Crash the engine",
    act: "crash",
    watch:
      "A trap inside the keeper’s WebAssembly engine, which is not entered again. The same keeper goes on in its " +
      "JavaScript engine. The loop has no engine.",
  },
  {
    key: "hidden",
    group: "page",
    label: "Tab hidden",
    slot: "hidden",
    on: { hidden: true },
    off: { hidden: false },
    watch: "Timers fire once a minute, as in a background tab. Both keep working.",
  },
  {
    key: "asleep",
    group: "page",
    label: "Laptop asleep for 70 min",
    act: "sleep",
    watch: "Seventy minutes pass at once, so the token has expired on waking. See which page gets a new one first.",
  },
  {
    key: "ahead",
    group: "page",
    label: "Clock 2 hours ahead",
    slot: "clock",
    on: { aheadMs: 7_200_000 },
    off: { aheadMs: 0 },
    watch:
      "By this clock every token has expired. The keeper corrects the clock by the backend’s responses; the " +
      "loop asks every 30 seconds.",
  },
  {
    key: "behind",
    group: "page",
    label: "Clock 15 min behind",
    slot: "clock",
    on: { aheadMs: -900_000 },
    off: { aheadMs: 0 },
    watch:
      "By this clock the loop’s last ten minutes begin five minutes after the token has expired. The keeper " +
      "uses the service’s time.",
  },
];

export function faultOf(key: string): Fault {
  const found = FAULTS.find((fault) => fault.key === key);
  if (!found) throw new Error(`there is no fault "${key}"`);
  return found;
}
