// Short scripts of faults that show the difference without a click. Each runs in virtual time, the same for both panes.
// What a caption says about a pane is what its counters measured; tests/demo/time.test.mjs measures it again.
import type { Counters, PaneName } from "../pane/api";
import { type Pace, WEEK_RATE } from "../time/source";
import { duration } from "./format";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Step {
  /** Since the story's start. */
  atMs: number;
  /** The caption from then on; it may quote the counters. */
  say?: string | ((counters: Record<PaneName, Counters>) => string);
  lifetimeSeconds?: number;
  on?: string;
  off?: string;
  act?: string;
  pace?: Pace;
  /** The browser says that the network is back. */
  online?: boolean;
}

export interface Story {
  key: string;
  label: string;
  /** Of the tokens that both panes start with. */
  lifetimeSeconds: number;
  pace: Exclude<Pace, 0>;
  steps: readonly Step[];
  /** How much time the timelines show. */
  shownMs?: number;
  /** How often the report asks for its data by itself. */
  queryEveryMs?: number;
}

/** The same fault several times a day: on after `startMs`, for `forMs`, and again every `everyMs`. */
function repeated(key: string, startMs: number, times: number, everyMs: number, forMs: number): Step[] {
  return Array.from({ length: times }, (_, i) => startMs + i * everyMs).flatMap((atMs) => [
    { atMs, on: key },
    { atMs: atMs + forMs, off: key },
  ]);
}

const inTotal = ({ withoutTokenMs, requests, unhandled }: Counters) =>
  `${duration(withoutTokenMs)} without a valid token, ${requests} requests, ${unhandled} unhandled errors`;

/** A tab that stays open for a week, with a fault a day; the last day has none. */
const WEEK: readonly Step[] = [
  { atMs: 0, say: "A tab stays open for a week. Day 1: in the daytime the backend takes a minute to answer." },
  ...repeated("slow60", 2 * HOUR, 1, DAY, 8 * HOUR),
  { atMs: DAY, say: "Day 2: every two hours the backend is down for six minutes." },
  ...repeated("down", DAY + 45 * MINUTE, 12, 2 * HOUR, 6 * MINUTE),
  { atMs: 2 * DAY, say: "Day 3: the lid is closed for 70 minutes, six times." },
  ...Array.from({ length: 6 }, (_, i) => ({ atMs: 2 * DAY + (2 + i * 3) * HOUR, act: "asleep" })),
  { atMs: 3 * DAY, on: "behind", say: "Day 4: the laptop’s clock is 15 minutes slow." },
  { atMs: 4 * DAY, off: "behind", on: "hidden", say: "Day 5: the tab is in the background." },
  { atMs: 5 * DAY, off: "hidden", say: "Day 6: every three hours the frame answers nothing for 15 minutes." },
  ...repeated("silent", 5 * DAY + 40 * MINUTE, 7, 3 * HOUR, 15 * MINUTE),
  { atMs: 6 * DAY, say: "Day 7: nothing happens." },
  {
    atMs: 7 * DAY,
    pace: 60,
    say: ({ keeper, loop }) => `A week later. On the left ${inTotal(keeper)}; on the right ${inTotal(loop)}.`,
  },
];

export const STORIES: readonly Story[] = [
  {
    key: "morning",
    label: "A morning with an outage",
    lifetimeSeconds: 1_200,
    pace: 60,
    steps: [
      {
        atMs: 0,
        say: "Two pages with a report each, on one backend. Tokens expire in 20 minutes. A second here is a minute.",
      },
      {
        atMs: 8 * MINUTE,
        on: "down",
        say: "The backend goes down for six minutes, just as both pages need the next token.",
      },
      {
        atMs: 14 * MINUTE,
        off: "down",
        say: "It is back, and both have a new token. Each failure on the right was an unhandled error.",
      },
      {
        atMs: 22 * MINUTE,
        on: "silent",
        lifetimeSeconds: 3_600,
        say: "Now the frame answers nothing for five minutes, while the next token is being set.",
      },
      {
        atMs: 27 * MINUTE,
        off: "silent",
        say: "It answers again. The keeper sets the token once more. The loop assumes that it already has.",
      },
      {
        atMs: 36 * MINUTE,
        say: "The old token has expired on the right. The loop recorded the new expiration and sees no reason to ask.",
      },
      {
        atMs: 75 * MINUTE,
        say: "It has asked again at last. Now try it yourself: each fault below affects both pages at the same moment.",
      },
    ],
  },
  {
    key: "lunch",
    label: "Lid closed over lunch",
    lifetimeSeconds: 3_600,
    pace: 60,
    steps: [
      { atMs: 0, say: "Both reports have a new token for an hour." },
      { atMs: 8 * MINUTE, on: "cut", say: "Lunch. The lid closes and the network drops.", pace: 10 },
      {
        atMs: 8 * MINUTE + 10_000,
        act: "asleep",
        say: "Seventy minutes later the lid opens. The token has expired, and the Wi-Fi takes 35 seconds to connect.",
      },
      {
        atMs: 78 * MINUTE + 45_000,
        off: "cut",
        online: true,
        say: "The network is back. The keeper reacts to the online event at once; the loop waits for its next check.",
      },
      {
        atMs: 81 * MINUTE,
        pace: 60,
        say: "Both are back, the left one 25 seconds earlier. On the right two errors went unhandled.",
      },
    ],
  },
  {
    key: "switch",
    label: "A switch of report, and a slow backend",
    lifetimeSeconds: 1_800,
    pace: 60,
    steps: [
      { atMs: 0, say: "Both pages show a sales report. Tokens last half an hour here." },
      {
        atMs: 6 * MINUTE,
        act: "another",
        say: "Both switch to a stock report in the same container, and give it a token of its own.",
      },
      {
        atMs: 21 * MINUTE,
        say: "A refresh is due. The loop sets a token for the sales report on the stock report, which fails.",
      },
      {
        atMs: 34 * MINUTE,
        on: "slow60",
        say: "Now the backend takes a minute to answer.",
      },
      {
        atMs: 52 * MINUTE,
        off: "slow60",
        say: "On the left the report never lacked a token. On the right it can’t come back: no request names it.",
      },
    ],
  },
  {
    key: "clock",
    label: "A clock 15 minutes slow",
    lifetimeSeconds: 1_800,
    pace: 60,
    steps: [
      { atMs: 0, say: "Tokens last half an hour here." },
      {
        atMs: MINUTE,
        on: "behind",
        say: "The laptop’s clock is 15 minutes slow. The service’s clock is right, and tokens expire by that one.",
      },
      {
        atMs: 20 * MINUTE,
        say: "Ten minutes before expiration the keeper refreshes: it knows the service’s time from the responses.",
      },
      {
        atMs: 30 * MINUTE,
        say:
          "The token expires. By the laptop’s clock it has a quarter of an hour left, so the loop does nothing for " +
          "five minutes.",
      },
      { atMs: 66 * MINUTE, say: "The same happens with every token until somebody sets the clock." },
    ],
  },
  {
    key: "week",
    label: "A week in two minutes",
    lifetimeSeconds: 3_600,
    pace: WEEK_RATE,
    shownMs: 7 * DAY,
    queryEveryMs: MINUTE,
    steps: [...WEEK].sort((one, other) => one.atMs - other.atMs),
  },
];
