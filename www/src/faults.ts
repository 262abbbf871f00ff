// What a visitor can make go wrong, and what there is to see then.
import type { Switches } from "./backend";
import type { SandboxCommand } from "./sandbox-line";

export interface BackendFault {
  label: string;
  watch: string;
  on: Partial<Switches>;
  off: Partial<Switches>;
}

export interface FrameFault {
  label: string;
  watch: string;
  on: Record<string, unknown>;
  off: Record<string, unknown>;
}

export interface FrameAction {
  label: string;
  watch: string;
  command: SandboxCommand;
  /** Only where the page offered an accessTokenProvider. */
  needsProvider?: boolean;
}

export const LIFETIMES: readonly { label: string; seconds: number }[] = [
  { label: "1 minute", seconds: 60 },
  { label: "2 minutes", seconds: 120 },
  { label: "5 minutes", seconds: 300 },
  { label: "1 hour", seconds: 3_600 },
];

export const BACKEND_FAULTS: readonly BackendFault[] = [
  {
    label: "Slow: 8 s",
    watch: "The next renewal takes eight seconds. The old token works on meanwhile, and no second request is sent.",
    on: { delayMs: 8_000 }, off: { delayMs: 0 },
  },
  {
    label: "Down: 503",
    watch: "At the next renewal the state turns to retrying, one request every five seconds or so. The report works on until the ring is empty, and heals by itself when the backend is back.",
    on: { outage: "status" }, off: { outage: "none" },
  },
  {
    label: "Cut off",
    watch: "The connection breaks without an answer. The keeper tries again after growing pauses; the report works on until the ring is empty.",
    on: { outage: "drop" }, off: { outage: "none" },
  },
  {
    label: "Busy: 429, 15 s",
    watch: "One request, then fifteen seconds of quiet, as the backend asked for: Renew now has to wait as well.",
    on: { throttle: 15 }, off: { throttle: null },
  },
  {
    label: "Signed out: 401",
    watch: "The state turns to denied: slow retries only, no reload. Switch it off and press Renew now.",
    on: { denied: true }, off: { denied: false },
  },
  {
    label: "Same token again",
    watch: "The answer is refused, since it would change nothing, and asked for again later. The token in place stays.",
    on: { sameToken: true }, off: { sameToken: false },
  },
  {
    label: "Wrong kind",
    watch: "A token of the other kind comes back. It never reaches the report; the token in place stays.",
    on: { wrongKind: true }, off: { wrongKind: false },
  },
  {
    label: "Damaged",
    watch: "A token that was cut off on its way comes back. It never reaches the report; the token in place stays.",
    on: { damaged: true }, off: { damaged: false },
  },
];

const tokenStep = (step: Record<string, unknown> | null) => ({ always: { token: step } });

export const FRAME_FAULTS: readonly FrameFault[] = [
  {
    label: "Takes 8 s to answer",
    watch: "The frame takes the next token eight seconds late. The keeper waits, and counts the token only then.",
    on: tokenStep({ delayMs: 8_000 }), off: tokenStep(null),
  },
  {
    label: "Never answers",
    watch: "powerbi-client would wait for ever. The keeper stops waiting after ten seconds and sets the token again, without a new request.",
    on: tokenStep({ drop: true }), off: tokenStep(null),
  },
  {
    label: "Refuses: 400",
    watch: "The frame refuses the next token. The keeper sets it again, later each time, without a new request.",
    on: tokenStep({ statusCode: 400, body: { message: "NotSupported" } }), off: tokenStep(null),
  },
  {
    label: "Silent",
    watch: "The frame hears everything and says nothing. The page stays calm and goes on trying.",
    on: { silent: true }, off: { silent: false },
  },
];

export const FRAME_ACTIONS: readonly FrameAction[] = [
  {
    label: "50 visuals shout TokenExpired",
    watch: "Fifty errors, one renewal; then the visuals are asked to load again.",
    command: { type: "sandbox:shout", visuals: 50 },
  },
  {
    label: "Click in the report",
    watch: "The visuals ask for their data: new figures with a good token, errors with an expired one.",
    command: { type: "sandbox:interact" },
  },
  {
    label: "Ask accessTokenProvider",
    watch: "The frame asks the hook, and gets a token or null in time; never an exception, never silence.",
    command: { type: "sandbox:ask" },
    needsProvider: true,
  },
];

export const SNIPPETS = {
  1: `const report = powerbi.embed(element, config);\nkeepFresh(report, { source: "/api/embed-token" });`,
  0: `const report = powerbi.embed(element, keeper.configure(config));\nkeeper.attach(report);`,
} as const;

export const WATCH = {
  start: "Leave it alone: at half its life the token is renewed, the ring is full again, and the figures never stop moving.",
  provider: "Here the frame asks first, through accessTokenProvider, a little before the keeper’s own window opens.",
  off: "Nobody looks after the token now. When the ring is empty the visuals fail, as they do without a keeper. Then switch it on again.",
  on: "The keeper is back. If the token had run out, it gets a new one and brings the report back.",
  lifetime: "The next renewal brings the first token with the new lifetime. A token that ends sooner than the one in place is not taken.",
  renew: "One request, one new token. However often it is pressed, a keeper asks ten times in a row at most, then once in thirty seconds.",
} as const;
