// The demo: two lanes on one backend, and everything that can be done to both at once.
import type { TokenType } from "powerbi-token-keeper";
import type { Backend } from "../backend";
import type { LiveEmbed } from "../../backend/config";
import type { EmbedKind, EmbedSpec, Lane, LaneName, VisitorSource } from "../lane/api";
import { Driver } from "../time/driver";
import type { Pace, TimeSource } from "../time/source";
import { type Action, type Change, faultOf, type Fault, FAULTS, isToggle, SLEEP_MS, type Toggle } from "./faults";
import type { LaneView } from "./lane-view";
import type { EventLog } from "./log";
import { Spans } from "./spans";
import type { Step, Story } from "./stories";

export const LANES: readonly LaneName[] = ["keeper", "loop"];
export const MOST_EMBEDS = 4;
/** How long the first embeds may take before time goes on without them. */
const OPENING_MS = 15_000;

const FRESH = "A fresh start: both pages have a token for an hour. The faults below hit both at the same moment.";
/** The line that a page author writes, by kind of token. */
const CODE: Record<LaneName, Record<TokenType, string>> = {
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
  readonly spans = new Spans();
  readonly active = new Set<string>();
  lifetimeSeconds = 3_600;
  tokenType: TokenType = 1;
  embeds: EmbedSpec[] = [];
  pace: Pace = 0;
  startedAt = 0;
  story: Story | null = null;
  /** Null in the sandbox. */
  live: LiveContent | null = null;
  readonly #source: TimeSource;
  readonly #views: Record<LaneName, LaneView>;
  readonly #events: DemoEvents;
  #lanes: Partial<Record<LaneName, Lane>> = {};
  #steps: { at: number; step: Step }[] = [];
  #keys = 0;

  constructor(
    backend: Backend,
    source: TimeSource,
    views: Record<LaneName, LaneView>,
    log: EventLog,
    events: DemoEvents,
  ) {
    this.backend = backend;
    this.#source = source;
    this.#views = views;
    this.log = log;
    this.#events = events;
    this.driver = new Driver(source, () => this.lanes, {
      nextDue: () => this.#steps[0]?.at ?? Infinity,
      reached: () => this.#reached(),
    });
  }

  get now(): number {
    return this.driver.now;
  }

  get lanes(): Lane[] {
    return LANES.flatMap((name) => this.#lanes[name] ?? []);
  }

  lane(name: LaneName): Lane | undefined {
    return this.#lanes[name];
  }

  // Everything below happens between two steps of the driver: a caller on the page uses `do`.

  do(act: () => Promise<void>): Promise<void> {
    return this.driver.between(act);
  }

  /** Both pages anew, with `embeds`, at the pace that was. */
  async restart({
    tokenType = this.tokenType,
    lifetimeSeconds = 3_600,
    embeds = ["report"] as readonly EmbedKind[],
    pace = this.pace,
  } = {}): Promise<void> {
    if (this.live) return this.openLive(this.live);
    await this.setPace(0);
    this.#forget();
    await this.backend.resetSwitches();
    await this.setLifetime(lifetimeSeconds);
    this.#keys = 0;
    this.embeds = embeds.map((kind) => this.#newEmbed(kind));
    await this.#openLanes(tokenType);
    this.#events.say(FRESH);
    await this.setPace(pace);
  }

  /** Both pages anew, with somebody's own content. */
  async openLive(live: LiveContent): Promise<void> {
    this.live = live;
    this.#forget();
    this.embeds = live.embeds
      .slice(0, MOST_EMBEDS)
      .map((embed, i) => ({ key: String(i), kind: embed.kind, title: embed.name, live: embed }));
    await this.#openLanes(live.tokenType);
    this.pace = 1;
    this.#events.changed();
  }

  #forget(): void {
    this.#steps = [];
    this.story = null;
    this.#lanes = {};
    this.active.clear();
    this.spans.clear();
    this.log.clear();
  }

  async #openLanes(tokenType: TokenType): Promise<void> {
    this.tokenType = tokenType;
    for (const name of LANES) this.#views[name].code = CODE[name][tokenType];
    const lanes = await Promise.all(LANES.map((name) => this.#views[name].load()));
    await this.driver.meet();
    this.startedAt = this.now;
    for (const [i, name] of LANES.entries()) this.#lanes[name] = lanes[i] as Lane;
    const opening = Promise.all(LANES.map((name, i) => this.#open(name, lanes[i] as Lane)));
    await Promise.race([opening, new Promise((resolve) => setTimeout(resolve, OPENING_MS))]);
    this.#showEmbeds();
  }

  async tell(story: Story): Promise<void> {
    await this.restart({ tokenType: 1, lifetimeSeconds: story.lifetimeSeconds, pace: 0 });
    this.story = story;
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
    await this.backend.turn({ lifetimeSeconds: seconds });
    this.lifetimeSeconds = seconds;
    this.#events.changed();
  }

  async turn(fault: Toggle, on: boolean): Promise<void> {
    for (const other of FAULTS)
      if (isToggle(other) && other.slot === fault.slot && this.active.has(other.key)) await this.#switch(other, false);
    if (on) await this.#switch(fault, true);
    this.#events.changed();
  }

  async act({ act }: Action): Promise<void> {
    if (act === "sleep") return this.#sleep();
    this.#note("The page embeds everything again, with the first token.");
    this.spans.begin("reset", "embedded again", this.now);
    this.spans.end("reset", this.now);
    for (const lane of this.lanes) lane.embedAgain();
  }

  /** Everything well again. */
  async heal(): Promise<void> {
    for (const fault of FAULTS) if (isToggle(fault) && this.active.has(fault.key)) await this.#switch(fault, false);
    this.#events.changed();
  }

  async add(kind: EmbedKind): Promise<void> {
    if (this.embeds.length >= MOST_EMBEDS) return;
    const spec = this.#newEmbed(kind);
    this.embeds.push(spec);
    this.#showEmbeds();
    for (const lane of this.lanes) void lane.add(spec);
  }

  remove(key: string): void {
    this.embeds = this.embeds.filter((spec) => spec.key !== key);
    for (const lane of this.lanes) lane.remove(key);
    this.#showEmbeds();
  }

  #newEmbed(kind: EmbedKind): EmbedSpec {
    this.#keys += 1;
    return { key: String(this.#keys), kind, title: `${TITLES[kind]} ${this.#keys}` };
  }

  #showEmbeds(): void {
    for (const name of LANES) this.#views[name].embeds = this.embeds.length;
    this.#events.changed();
  }

  #open(name: LaneName, lane: Lane): Promise<void> {
    return lane.open({
      tokenType: this.tokenType,
      embeds: this.embeds,
      now: this.now,
      fetch: this.backend.ownFetch,
      live: this.live !== null,
      visitor: this.live?.visitor ?? null,
      tell: (happening) => this.log.add(name, happening),
    });
  }

  async #switch(fault: Toggle, on: boolean): Promise<void> {
    await this.#change(on ? fault.on : fault.off);
    this.active[on ? "add" : "delete"](fault.key);
    if (on) this.spans.begin(fault.key, fault.label, this.now);
    else this.spans.end(fault.key, this.now);
    this.#note(on ? `${fault.label}: on.` : `${fault.label}: over.`);
  }

  async #change({ switches, plan, hidden, aheadMs }: Change): Promise<void> {
    if (switches) await this.backend.turn(switches);
    for (const lane of this.lanes) {
      if (plan) lane.plan(plan);
      if (hidden !== undefined) lane.hide(hidden);
      if (aheadMs !== undefined) lane.setClock(aheadMs);
    }
  }

  async #sleep(): Promise<void> {
    this.#note("The lid closes.");
    this.spans.begin("asleep", "asleep", this.now);
    for (const lane of this.lanes) lane.sleep();
    await this.#source.leap(SLEEP_MS);
    await this.driver.meet();
    // what a story planned for these minutes comes after them
    for (const lane of this.lanes) lane.wake();
    this.spans.end("asleep", this.now);
    this.#note("The lid opens, 70 minutes later.");
  }

  async #reached(): Promise<void> {
    while (this.#steps[0] && this.#steps[0].at <= this.now) {
      const { step } = this.#steps.shift() as { at: number; step: Step };
      this.#events.say(step.say);
      await this.#play(step);
    }
    if (this.story && this.#steps.length === 0) this.endStory();
  }

  async #play({ lifetimeSeconds, on, off, act, pace, online }: Step): Promise<void> {
    if (lifetimeSeconds !== undefined) await this.setLifetime(lifetimeSeconds);
    if (pace !== undefined && this.pace !== 0) await this.setPace(pace);
    if (on) await this.turn(faultOf(on) as Toggle, true);
    if (off) await this.turn(faultOf(off) as Toggle, false);
    if (act) await this.act(faultOf(act) as Fault as Action);
    if (online) for (const lane of this.lanes) lane.online();
  }

  #note(text: string): void {
    this.log.add(null, { at: this.now, kind: "fault", tone: "warn", text });
  }
}
