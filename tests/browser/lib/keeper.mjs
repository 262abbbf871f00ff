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
    await this.#page.waitsUntil(
      `the start of the engine ${ENGINE}`,
      ([name, engine]) => stage.keepers[name].status.engine === engine,
      [this.#name, ENGINE],
    );
  }

  async attaches(...ids) {
    await this.#page.does(
      ([name, all]) => {
        for (const id of all) stage.keepers[name].attach(stage.embeds[id]);
      },
      [this.#name, ids.length ? ids : ["report"]],
    );
  }

  async detaches(id = "report") {
    await this.#page.does(([name, from]) => stage.keepers[name].detach(stage.container(from)), [this.#name, id]);
  }

  /** The everyday story: an embed is kept fresh by a keeper with these options. */
  async keeps(options, more) {
    await this.starts(options, more);
    await this.attaches();
  }

  async stops() {
    await this.#page.does((name) => stage.keepers[name].stop(), this.#name);
  }

  status() {
    return this.#page.run((name) => stage.keepers[name].status, this.#name);
  }

  async expectState(state) {
    assert.equal((await this.status()).state, state);
  }

  /** Calls a method without waiting for its promise; look at it with `settled()`. */
  async calls(method) {
    const n = await this.#page.does(([name, which]) => stage.note(stage.keepers[name][which]()), [this.#name, method]);
    return {
      now: () => this.#page.run((which) => stage.promises[which], n),
      /** Returns when it has settled; for what takes real time. */
      settles: () => this.#page.waitsUntil(method, (which) => stage.promises[which].state !== "pending", n),
    };
  }

  /** Its events so far, oldest first; of one type when it is named. */
  async events(type) {
    const all = await this.#page.run((name) => stage.events.filter(({ keeper }) => keeper === name), this.#name);
    return type ? all.filter((event) => event.type === type) : all;
  }

  /** Returns when there are so many events of a type; for what takes real time, such as loading a chunk. */
  says(type, count = 1) {
    return this.#page.waitsUntil(
      `${count} × ${type}`,
      ([name, which, least]) =>
        stage.events.filter((event) => event.keeper === name && event.type === which).length >= least,
      [this.#name, type, count],
    );
  }

  /** Returns when a function says true of its status. */
  reaches(what, met) {
    return this.#page.waitsUntil(what, `(name) => (${met})(stage.keepers[name].status)`, this.#name);
  }

  /** What it said of embeds that could not be given a token. */
  async applyFailures() {
    return (await this.events("applyfailed")).map(({ detail }) => detail);
  }

  async states() {
    return (await this.events("statechange")).map(({ detail }) => detail.state);
  }
}
