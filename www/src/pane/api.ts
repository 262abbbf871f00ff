// What the demo's page and a pane say to each other. A pane is a page of its own in an iframe of the same origin, so
// these are plain calls.
import type { TokenType } from "powerbi-token-keeper";
import type { LiveEmbed } from "../../backend/config";
import type { Role } from "../../backend/content";

export type PaneName = "keeper" | "loop";
export type EmbedKind = "report" | "dashboard" | "tile";
export type Tone = "good" | "warn" | "bad" | "plain";
export type Kind = "refresh" | "request" | "error" | "report" | "fault";

export interface EmbedSpec {
  readonly key: string;
  readonly kind: EmbedKind;
  readonly title: string;
  /** Somebody's own content, in Microsoft's own frame. */
  readonly live?: LiveEmbed;
  /** The rows that its user may see, by row-level security. Each role has a token of its own. */
  readonly role?: Role;
}

/** Where a visitor's own tokens come from, who has signed in. */
export type VisitorSource = (request: { reason: string }) => Promise<{ token: string; expiration: string }>;

/** One line of the event log. Made of codes and numbers; a token is in none of them. */
export interface LogEvent {
  /** The service's time. */
  at: number;
  kind: Kind;
  tone: Tone;
  text: string;
}

export interface PaneSetup {
  tokenType: TokenType;
  embeds: readonly EmbedSpec[];
  /** The service's time. */
  now: number;
  /** The backend in the demo's page; null where the window's own fetch leads to a server. */
  fetch: typeof fetch | null;
  /** Live mode: the embeds are Microsoft's, and time is the machine's. */
  live: boolean;
  visitor: VisitorSource | null;
  tell(event: LogEvent): void;
}

/** A request to the backend, for the timeline. */
export interface RequestMark {
  at: number;
  outcome: "under way" | "answered" | "refused";
}

/** A stretch of the pane's time. */
export interface TokenInterval {
  from: number;
  to: number;
  kind: "valid" | "none" | "asleep";
}

export interface Counters {
  /** Virtual time during which an embed held no token that the service takes, after its first load. */
  withoutTokenMs: number;
  /** Virtual time during which an embed showed an error instead of its figures. */
  brokenMs: number;
  requests: number;
  refused: number;
  unhandled: number;
}

export interface PaneStatus {
  state: { text: string; tone: "good" | "busy" | "bad" | "off" };
  /** Of the token that the embeds hold: the earliest, where they differ. */
  expiresAt: number | null;
  lifetimeMs: number | null;
  /** How long before the expiration a new token is asked for. */
  windowMs: number | null;
  /** When the pane will look next; a word about it where it can't say. */
  nextCheck: number | string;
  tokens: readonly TokenInterval[];
  broken: readonly { from: number; to: number }[];
  requests: readonly RequestMark[];
  errors: readonly number[];
  counters: Counters;
}

export interface Pane {
  open(setup: PaneSetup): Promise<void>;
  add(spec: EmbedSpec): Promise<void>;
  remove(key: string): void;
  /** Changes what the stand-in frames do wrong, those of later embeds included. */
  plan(change: Record<string, unknown>): void;
  /** Embeds everything again with the configuration it had first, as a framework's re-render does. */
  embedAgain(): void;
  /** Embeds another report in the container of the first, with a token of its own. */
  embedAnother(): Promise<void>;
  /** The visitor has signed in again. */
  signedIn(): void;
  /** Whether the sign-in library gives no token before its user has signed in again. */
  requireSignIn(required: boolean): void;
  /** Crashes the engine of the package, for real; resolves when another has taken its place. */
  crashEngine(): Promise<void>;
  /** The network is back, as the browser tells it. */
  online(): void;
  hide(hidden: boolean): void;
  sleep(): void;
  wake(): void;
  /** Sets the machine's clock, so much ahead of the service's. */
  setClock(aheadMs: number): void;
  /** The next moment at which something is due in this pane, of the service's time. */
  nextDue(): number;
  /** Time has come to this moment. */
  moveTo(at: number): void;
  /** Something real is on its way, for which time should wait. `now` is of the page's real clock. */
  isBusy(now: number): boolean;
  status(): PaneStatus;
}

declare global {
  interface Window {
    pane?: Pane;
    /** Where the stand-in frames take their time from; see www/sandbox/README.md. */
    demoClock?: FrameClock;
  }
}

export interface FrameClock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  setInterval(callback: () => void, ms: number): unknown;
  clearInterval(timer: unknown): void;
  isVisible(): boolean;
  during<T>(work: Promise<T>): Promise<T>;
  beforePainting(draw: () => void): void;
}
