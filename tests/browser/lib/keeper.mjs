// One keeper in the page, and what it says.

import assert from "node:assert/strict";
import { ENGINE } from "./site.mjs";

export class Keeper {
  #page;
  #name;

  constructor(page, name) {
    this.#page = page;
    this.#name = name;
  }

  /**
   * Constructs it: `starts({ source: "/api/token" })`, or with a function that runs in the page and gives the options.
   * Waits for the engine, unless the story has something else in mind for it.
   */
  async starts(options = {}, { arg, engine = true } = {}) {
    const given = typeof options === "function" ? `(${options})(${JSON.stringify(arg)})` : JSON.stringify(options);
    await this.#page.run(`(async () => {
      window.K = await import("/dist/index.js");
      stage.keep(${JSON.stringify(this.#name)}, new K.TokenKeeper({ source: "/api/token", ...${given} }));
    })()`);
    if (engine) await this.engineStarts();
  }

  async engineStarts() {
    await this.#page.awaits(`the start of the engine ${ENGINE}`, async () => (await this.status()).engine === ENGINE);
    await this.#page.rests();
  }

  async attaches(...ids) {
    await this.#page.run(
      ([name, all]) => {
        for (const id of all) stage.keepers[name].attach(stage.embeds[id]);
      },
      [this.#name, ids.length ? ids : ["report"]],
    );
    await this.#page.rests();
  }

  async detaches(id = "report") {
    await this.#page.run(([name, from]) => stage.keepers[name].detach(stage.container(from)), [this.#name, id]);
    await this.#page.rests();
  }

  /** The everyday story: an embed is kept fresh by a keeper with these options. */
  async keeps(options, more) {
    await this.starts(options, more);
    await this.attaches();
  }

  async stops() {
    await this.#page.run((name) => stage.keepers[name].stop(), this.#name);
    await this.#page.rests();
  }

  status() {
    return this.#page.run((name) => stage.keepers[name].status, this.#name);
  }

  async expectState(state) {
    assert.equal((await this.status()).state, state);
  }

  /** Calls a method without waiting for its promise; look at it with `settled()`. */
  async calls(method) {
    const n = await this.#page.run(([name, which]) => stage.note(stage.keepers[name][which]()), [this.#name, method]);
    await this.#page.rests();
    return { now: () => this.#page.run((which) => stage.promises[which], n) };
  }

  /** Its events so far, oldest first; of one type when it is named. */
  async events(type) {
    const all = await this.#page.run((name) => stage.events.filter(({ keeper }) => keeper === name), this.#name);
    return type ? all.filter((event) => event.type === type) : all;
  }

  async states() {
    return (await this.events("statechange")).map(({ detail }) => detail.state);
  }
}
