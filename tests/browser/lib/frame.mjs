// One Power BI frame, through the stand-in's own control surface.

import assert from "node:assert/strict";

export class Frame {
  #tab;
  #id;

  constructor(tab, id) {
    this.#tab = tab;
    this.#id = id;
  }

  async #inner() {
    const iframe = await this.#tab.$(`#${this.#id} iframe`);
    return (await iframe?.contentFrame()) ?? null;
  }

  async run(what, arg) {
    const inner = await this.#inner();
    assert.ok(inner, `#${this.#id} has a frame`);
    return inner.evaluate(what, arg);
  }

  /** How many loads it has been asked for; 0 while there is none. */
  async loads() {
    const inner = await this.#inner();
    if (!inner?.url().includes("powerbi.com")) return 0;
    try {
      return await inner.evaluate(
        () => window.sandbox?.seen.filter(({ url }) => /\/(load|prepare|create|quickcreate)$/.test(url)).length ?? 0,
      );
    } catch {
      return 0; // the document is being replaced
    }
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

  shout(visuals) {
    return this.run((n) => window.sandbox.shout(n), visuals);
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
