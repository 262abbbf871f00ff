// Short scripts of faults, so that a visitor sees the difference without knowing what to click. Each runs in virtual
// time, the same for both lanes; what the captions say about a lane is what the counters beside them measured when it
// was written, and tests/demo/stories.test.mjs measures it again.
import type { Pace } from "../time/source";

const MINUTE = 60_000;

export interface Step {
  /** Since the story's start. */
  atMs: number;
  say: string;
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
  /** Of the tokens that both lanes start with. */
  lifetimeSeconds: number;
  pace: Pace;
  steps: readonly Step[];
}

export const STORIES: readonly Story[] = [
  {
    key: "morning",
    label: "A morning with an outage",
    lifetimeSeconds: 1_200,
    pace: 60,
    steps: [
      {
        atMs: 0,
        say: "Two pages, one backend, a report each. Their tokens end in 20 minutes. One second here is a minute.",
      },
      {
        atMs: 8 * MINUTE,
        on: "down",
        say: "The backend goes down for six minutes, just when both pages want the next token.",
      },
      {
        atMs: 14 * MINUTE,
        off: "down",
        say: "It is back, and both have a new token. Each failure on the right was an error that nobody caught.",
      },
      {
        atMs: 22 * MINUTE,
        on: "silent",
        lifetimeSeconds: 3_600,
        say: "Now the frame answers nothing for five minutes, while the next token is handed over.",
      },
      {
        atMs: 27 * MINUTE,
        off: "silent",
        say: "It answers again. The keeper hands the token over once more. The loop believes it has done so.",
      },
      {
        atMs: 36 * MINUTE,
        say:
          "The old token has run out on the right. The loop wrote down the new one’s end, and sees no reason to " +
          "ask.",
      },
      {
        atMs: 75 * MINUTE,
        say: "It asked again at last. Now make it hard yourself: every fault below hits both pages at the same moment.",
      },
    ],
  },
  {
    key: "lunch",
    label: "Lid closed over lunch",
    lifetimeSeconds: 3_600,
    pace: 60,
    steps: [
      { atMs: 0, say: "Both reports have a fresh token for an hour." },
      { atMs: 8 * MINUTE, on: "cut", say: "Lunch. The lid closes, the network goes.", pace: 10 },
      {
        atMs: 8 * MINUTE + 10_000,
        act: "asleep",
        say: "Seventy minutes later the lid opens. The token has expired, and the Wi-Fi needs 35 seconds.",
      },
      {
        atMs: 78 * MINUTE + 45_000,
        off: "cut",
        online: true,
        say: "The network is back. The keeper hears of it and asks at once; the loop waits for its next turn.",
      },
      {
        atMs: 81 * MINUTE,
        pace: 60,
        say: "Both are back, the left one 25 seconds earlier. On the right two failures went uncaught.",
      },
    ],
  },
  {
    key: "clock",
    label: "A clock 15 minutes slow",
    lifetimeSeconds: 1_800,
    pace: 60,
    steps: [
      { atMs: 0, say: "Tokens live half an hour here." },
      {
        atMs: MINUTE,
        on: "behind",
        say: "The laptop’s clock is 15 minutes slow. The service’s is right, and tokens end by the service’s.",
      },
      {
        atMs: 20 * MINUTE,
        say: "Ten minutes before the end the keeper renews: it learnt the service’s time from the answers.",
      },
      {
        atMs: 30 * MINUTE,
        say:
          "The token ends. By the laptop’s clock it has a quarter of an hour left, so the loop does nothing for " +
          "five minutes.",
      },
      { atMs: 66 * MINUTE, say: "And so again with every token, until somebody sets the clock." },
    ],
  },
];
