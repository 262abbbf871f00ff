// One Power BI frame, through the stand-in's own control surface.

import assert from "node:assert/strict";

/** Real milliseconds for what the browser does in its own time, such as loading a document. */
export const PATIENCE = 40_000;

export class Frame {
  #page;
  #id;

  constructor(page, id) {
    this.#page = page;
    this.#id = id;
  }

  /** Runs a function in the frame's document. */
  run(what, arg) {
    return this.#page.run(
      ([id, code, given]) => window.__watch.inFrame(id, code, given),
      [this.#id, String(what), arg],
    );
  }

  /** Returns when a function says true in the frame; it is called whenever something happened. */
  async reaches(name, what, arg) {
    const reached = await this.#page.run(
      ([id, code, given, patience]) => window.__watch.frameReaches(id, code, given, patience),
      [this.#id, String(what), arg, PATIENCE],
    );
    assert.ok(reached, `${name} did not happen`);
    await this.#page.rests();
  }

  /** Returns when it has been asked to load so often, `least` at least, and the last one is over. */
  ends({ loads, least }) {
    const over = ([exactly, atLeast]) => {
      const asked = window.sandbox?.seen.filter(({ url }) => /\/(load|prepare|create|quickcreate)$/.test(url)).length;
      return (
        (asked === exactly || (atLeast !== null && asked >= atLeast)) &&
        ["loaded", "failed"].includes(window.sandbox.state().phase)
      );
    };
    return this.reaches("the frame's load", over, [loads ?? null, least ?? null]);
  }

  /** Returns when it has loaded, by the load with this number. */
  async loads(number = 1) {
    await this.ends({ loads: number });
    assert.equal((await this.state()).phase, "loaded");
  }

  /** Its document is replaced, as a navigation does, and the new one loads. */
  async navigates() {
    await this.run(() => {
      window.replaced = true;
    });
    await this.#page.run((id) => {
      const { iframe } = stage.embeds[id];
      // biome-ignore lint/correctness/noSelfAssign: loads the document anew
      iframe.src = iframe.src;
    }, this.#id);
    await this.reaches("the new document", () => !window.replaced);
    await this.loads();
  }

  /** How many loads it has been asked for; 0 while there is none. */
  async countLoads() {
    const count = () =>
      window.sandbox?.seen.filter(({ url }) => /\/(load|prepare|create|quickcreate)$/.test(url)).length ?? 0;
    return this.run(count).catch(() => 0); // no document, or one that is being replaced
  }

  state() {
    return this.run(() => window.sandbox.state());
  }

  holds(token) {
    return this.run((text) => window.sandbox.holds(text), token.text);
  }

  async expectHolds(token, why = "the frame holds the token") {
    assert.ok(await this.holds(token), why);
  }

  /** The requests that the page has posted, without tokens: `POST /report/token` and the like. */
  async seen() {
    return (await this.run(() => window.sandbox.seen)).map(({ method, url, headers, at }) => ({
      request: `${method} ${url}`,
      headers,
      at,
    }));
  }

  async count(request) {
    return (await this.seen()).filter((one) => one.request === request).length;
  }

  plan(change) {
    return this.run((plan) => window.sandbox.setPlan(plan), change);
  }

  raiseTokenExpired(visuals) {
    return this.run((n) => window.sandbox.raiseTokenExpired(n), visuals);
  }

  emit(name, body) {
    return this.run(([event, detail]) => window.sandbox.emit(event, detail), [name, body]);
  }

  /** A person clicks in the report. */
  interact() {
    return this.run(() => window.sandbox.interact());
  }

  /** Asks the page's accessTokenProvider. What comes of it is seen with `answer()`, which never waits. */
  async asks(at) {
    const n = await this.run((uid) => {
      const asked = (window.asked ??= []);
      const entry = { reply: null, at: null };
      void window.sandbox.askForToken(uid).then((reply) => Object.assign(entry, { reply, at: Date.now() }));
      return asked.push(entry) - 1;
    }, at);
    return {
      answer: () => this.run((which) => window.asked[which].reply, n),
      at: () => this.run((which) => window.asked[which].at, n),
    };
  }
}
