// The demo: two panes on one backend, and every action that affects both at once.
import type { TokenType } from "powerbi-token-keeper";
import type { Backend } from "../backend";
import type { LiveEmbed } from "../../backend/config";
import { type Role, ROLES } from "../../backend/content";
import type { Counters, EmbedKind, EmbedSpec, Pane, PaneName, VisitorSource } from "../pane/api";
import { Driver } from "../time/driver";
import type { Pace, TimeSource } from "../time/source";
import { type Action, type Change, faultOf, type Fault, FAULTS, isToggle, SLEEP_MS, type Toggle } from "./faults";
import type { PaneView } from "./pane-view";
import type { EventLog } from "./log";
import { SHOWN_MS } from "./format";
import { FaultSpans } from "./fault-spans";
import type { Step, Story } from "./stories";

export const PANES: readonly PaneName[] = ["keeper", "loop"];
export const MAX_EMBEDS = 4;
/** How long the first embeds may take before time goes on without them. */
const OPENING_MS = 15_000;

const FRESH = "Restarted: both pages have a token for an hour. Each fault below affects both at the same moment.";
const TWO_USERS =
  "One page, two users’ reports. Each has a token for the rows of its own role, and each is refreshed with one for " +
  "that role: on the left by a keeper each, on the right by a loop each.";
/** The line that a page author writes, by kind of token. */
const CODE: Record<PaneName, Record<TokenType, string>> = {
  keeper: {
    1: 'keepFresh(report, { source: "/api/embed-token" })',
    0: "powerbi.embed(element, keeper.configure(config))",
  },
  loop: {
    1: "setInterval(checkTokenAndUpdate, 30_000)",
    0: "eventHooks: { accessTokenProvider: getNewUserAccessToken }",
  },
};
const TITLES: Record<EmbedKind, string> = { report: "Report", dashboard: "Dashboard", tile: "Tile" };

/** What live mode embeds, and with whose tokens. */
export interface LiveContent {
  embeds: readonly LiveEmbed[];
  tokenType: TokenType;
  visitor: VisitorSource | null;
}

export interface DemoEvents {
  /** Something that a control shows is different now. */
  changed(): void;
  say(caption: string): void;
}

export class Demo {
  readonly backend: Backend;
  readonly driver: Driver;
  readonly log: EventLog;
  readonly spans = new FaultSpans();
  readonly active = new Set<string>();
  lifetimeSeconds = 3_600;
  tokenType: TokenType = 1;
  embeds: EmbedSpec[] = [];
  pace: Pace = 0;
  startedAt = 0;
  story: Story | null = null;
  /** How much time the timelines show. */
  shownMs = SHOWN_MS;
  /** Null in the sandbox. */
  live: LiveContent | null = null;
  readonly #source: TimeSource;
  readonly #views: Record<PaneName, PaneView>;
  readonly #events: DemoEvents;
  #panes: Partial<Record<PaneName, Pane>> = {};
  #steps: { at: number; step: Step }[] = [];
  #keys = 0;

  constructor(
    backend: Backend,
    source: TimeSource,
    views: Record<PaneName, PaneView>,
    log: EventLog,
    events: DemoEvents,
  ) {
    this.backend = backend;
    this.#source = source;
    this.#views = views;
    this.log = log;
    this.#events = events;
    this.driver = new Driver(source, () => this.panes, {
      nextDue: () => this.#steps[0]?.at ?? Infinity,
      reached: () => this.#reached(),
    });
  }

  get now(): number {
    return this.driver.now;
  }

  get paces(): TimeSource["paces"] {
    return this.#source.paces;
  }

  get panes(): Pane[] {
    return PANES.flatMap((name) => this.#panes[name] ?? []);
  }

  pane(name: PaneName): Pane | undefined {
    return this.#panes[name];
  }

  // Everything below happens between two steps of the driver: a caller on the page uses `do`.

  do(act: () => Promise<void>): Promise<void> {
    return this.driver.runBetweenSteps(act);
  }

  /** Both pages anew, with `embeds`, at the pace that was. */
  async restart({
    tokenType = this.tokenType,
    lifetimeSeconds = 3_600,
    embeds = ["report"] as readonly EmbedKind[],
    roles = [] as readonly Role[],
    pace = this.pace,
  } = {}): Promise<void> {
    if (this.live) return this.openLive(this.live);
    await this.setPace(0);
    this.#forget();
    await this.backend.resetSwitches();
    await this.setLifetime(lifetimeSeconds);
    this.#keys = 0;
    this.embeds = embeds.map((kind, i) => this.#newEmbed(kind, roles[i]));
    await this.#openPanes(tokenType);
    this.#events.say(FRESH);
    await this.setPace(pace);
  }

  /** Both pages anew, with a report for each of two users, who may see different rows. */
  async embedTwoUsers(): Promise<void> {
    await this.restart({ tokenType: 1, embeds: ROLES.map(() => "report" as const), roles: ROLES });
    this.#events.say(TWO_USERS);
    this.#note(`Two users with different roles: one sees the rows of ${ROLES.join(", the other those of ")}.`);
  }

  /** Both pages anew, with somebody's own content. */
  async openLive(live: LiveContent): Promise<void> {
    this.live = live;
    this.#forget();
    this.embeds = live.embeds
      .slice(0, MAX_EMBEDS)
      .map((embed, i) => ({ key: String(i), kind: embed.kind, title: embed.name, live: embed }));
    await this.#openPanes(live.tokenType);
    this.pace = 1;
    this.#events.changed();
  }

  #forget(): void {
    this.#steps = [];
    this.story = null;
    this.shownMs = SHOWN_MS;
    this.#panes = {};
    this.active.clear();
    this.spans.clear();
    this.log.clear();
  }

  async #openPanes(tokenType: TokenType): Promise<void> {
    this.tokenType = tokenType;
    for (const name of PANES) this.#views[name].code = CODE[name][tokenType];
    const panes = await Promise.all(PANES.map((name) => this.#views[name].load()));
    await this.driver.moveNow();
    this.startedAt = this.now;
    for (const [i, name] of PANES.entries()) this.#panes[name] = panes[i] as Pane;
    const opening = Promise.all(PANES.map((name, i) => this.#open(name, panes[i] as Pane)));
    await Promise.race([opening, new Promise((resolve) => setTimeout(resolve, OPENING_MS))]);
    this.#showEmbeds();
  }

  async play(story: Story): Promise<void> {
    await this.restart({ tokenType: 1, lifetimeSeconds: story.lifetimeSeconds, pace: 0 });
    this.story = story;
    this.shownMs = story.shownMs ?? SHOWN_MS;
    if (story.queryEveryMs) for (const pane of this.panes) pane.plan({ queryEveryMs: story.queryEveryMs });
    this.#steps = story.steps.map((step) => ({ at: this.startedAt + step.atMs, step }));
    await this.#reached();
    await this.setPace(story.pace);
  }

  /** Whatever the story did stays as it is. */
  endStory(): void {
    this.#steps = [];
    this.story = null;
    this.#events.changed();
  }

  async setPace(pace: Pace): Promise<void> {
    await this.#source.setPace(pace);
    this.pace = pace;
    this.#events.changed();
  }

  async setLifetime(seconds: number): Promise<void> {
    await this.backend.changeSwitches({ lifetimeSeconds: seconds });
    this.lifetimeSeconds = seconds;
    this.#events.changed();
  }

  async setFault(fault: Toggle, on: boolean): Promise<void> {
    for (const other of FAULTS)
      if (isToggle(other) && other.slot === fault.slot && this.active.has(other.key)) await this.#switch(other, false);
    if (on) await this.#switch(fault, true);
    this.#events.changed();
  }

  async act({ act }: Action): Promise<void> {
    if (act === "sleep") return this.#sleep();
    if (act === "embedAnother") return this.#embedAnother();
    if (act === "crash") return this.#crash();
    this.#note("The page embeds everything again with its first token.");
    this.spans.begin("reset", "embedded again", this.now);
    this.spans.end("reset", this.now);
    for (const pane of this.panes) pane.embedAgain();
  }

  /** The visitor of live mode has signed in again. */
  signedIn(): void {
    for (const pane of this.panes) pane.signedIn();
  }

  /** In live mode there is no other report to embed. */
  async #embedAnother(): Promise<void> {
    this.#note("The page embeds another report in the same container, with a token of its own.");
    this.spans.begin("another", "another report", this.now);
    this.spans.end("another", this.now);
    await Promise.all(this.panes.map((pane) => pane.embedAnother().catch(() => {})));
  }

  async #crash(): Promise<void> {
    this.#note("The engine of powerbi-token-keeper crashes.");
    this.spans.begin("crash", "engine crashed", this.now);
    this.spans.end("crash", this.now);
    await Promise.all(this.panes.map((pane) => pane.crashEngine()));
  }

  /** All faults off. */
  async clearFaults(): Promise<void> {
    for (const fault of FAULTS) if (isToggle(fault) && this.active.has(fault.key)) await this.#switch(fault, false);
    this.#events.changed();
  }

  async add(kind: EmbedKind): Promise<void> {
    if (this.embeds.length >= MAX_EMBEDS) return;
    const spec = this.#newEmbed(kind);
    this.embeds.push(spec);
    this.#showEmbeds();
    for (const pane of this.panes) void pane.add(spec);
  }

  remove(key: string): void {
    this.embeds = this.embeds.filter((spec) => spec.key !== key);
    for (const pane of this.panes) pane.remove(key);
    this.#showEmbeds();
  }

  #newEmbed(kind: EmbedKind, role?: Role): EmbedSpec {
    this.#keys += 1;
    const title = `${TITLES[kind]} ${this.#keys}`;
    return { key: String(this.#keys), kind, title: role ? `${title}: ${role}` : title, ...(role && { role }) };
  }

  #showEmbeds(): void {
    for (const name of PANES) this.#views[name].embeds = this.embeds.length;
    this.#events.changed();
  }

  #open(name: PaneName, pane: Pane): Promise<void> {
    return pane.open({
      tokenType: this.tokenType,
      embeds: this.embeds,
      now: this.now,
      fetch: this.backend.localFetch,
      live: this.live !== null,
      visitor: this.live?.visitor ?? null,
      tell: (event) => this.log.add(name, event),
    });
  }

  async #switch(fault: Toggle, on: boolean): Promise<void> {
    await this.#change(on ? fault.on : fault.off);
    this.active[on ? "add" : "delete"](fault.key);
    if (on) this.spans.begin(fault.key, fault.label, this.now);
    else this.spans.end(fault.key, this.now);
    this.#note(on ? `${fault.label}: on.` : `${fault.label}: off.`);
  }

  async #change({ switches, plan, hidden, aheadMs, signIn }: Change): Promise<void> {
    if (switches) await this.backend.changeSwitches(switches);
    for (const pane of this.panes) {
      if (plan) pane.plan(plan);
      if (hidden !== undefined) pane.hide(hidden);
      if (aheadMs !== undefined) pane.setClock(aheadMs);
      if (signIn !== undefined) pane.requireSignIn(signIn);
    }
  }

  async #sleep(): Promise<void> {
    this.#note("The lid closes.");
    this.spans.begin("asleep", "asleep", this.now);
    for (const pane of this.panes) pane.sleep();
    await this.#source.leap(SLEEP_MS);
    await this.driver.moveNow();
    // what a story planned for these minutes comes after them
    for (const pane of this.panes) pane.wake();
    this.spans.end("asleep", this.now);
    this.#note("The lid opens, 70 minutes later.");
  }

  async #reached(): Promise<void> {
    while (this.#steps[0] && this.#steps[0].at <= this.now) {
      const { step } = this.#steps.shift() as { at: number; step: Step };
      if (step.say) this.#events.say(typeof step.say === "string" ? step.say : step.say(this.#counters()));
      await this.#playStep(step);
    }
    if (this.story && this.#steps.length === 0) this.endStory();
  }

  async #playStep({ lifetimeSeconds, on, off, act, pace, online }: Step): Promise<void> {
    if (lifetimeSeconds !== undefined) await this.setLifetime(lifetimeSeconds);
    if (pace !== undefined && this.pace !== 0) await this.setPace(pace);
    if (on) await this.setFault(faultOf(on) as Toggle, true);
    if (off) await this.setFault(faultOf(off) as Toggle, false);
    if (act) await this.act(faultOf(act) as Fault as Action);
    if (online) for (const pane of this.panes) pane.online();
  }

  #counters(): Record<PaneName, Counters> {
    const counted = PANES.map((name) => [name, (this.#panes[name] as Pane).status().counters]);
    return Object.fromEntries(counted) as Record<PaneName, Counters>;
  }

  #note(text: string): void {
    this.log.add(null, { at: this.now, kind: "fault", tone: "warn", text });
  }
}
