// Fixtures for the figures that run in a page: embeds without frames, Microsoft's loop, clocks that the figure moves,
// and a count of the calls between JavaScript and WebAssembly.

window.fixtures = (() => {
  const real = { now: performance.now.bind(performance) };
  const START = 1_767_225_600_000;

  /** A page's two clocks and its timers, the only ones that code run under it sees. */
  class Clock {
    static current = null;
    elapsed = 0;
    #timers = new Map();
    #serial = 0;

    /** Runs `work` with this clock as the page's. */
    run(work) {
      Clock.current = this;
      return work();
    }

    set(work, wait, every = null) {
      this.#timers.set(++this.#serial, { at: this.elapsed + wait, work, every });
      return this.#serial;
    }

    clear(id) {
      this.#timers.delete(id);
    }

    /** The time until the next timer. */
    next() {
      return Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.elapsed;
    }

    /** Moves on by `wait` and takes the timers that are due, as a browser's event loop does before it calls them. */
    due(wait) {
      this.elapsed += wait;
      const due = [];
      for (const [id, timer] of this.#timers) {
        if (timer.at > this.elapsed) continue;
        if (timer.every === null) this.#timers.delete(id);
        else timer.at += timer.every;
        due.push(timer.work);
      }
      return due;
    }
  }

  /** Replaces timers and clocks by those of the clock in use. */
  function virtual() {
    Date.now = () => START + Clock.current.elapsed;
    performance.now = () => Clock.current.elapsed;
    window.setTimeout = (work, wait, ...args) => Clock.current.set(() => work(...args), wait ?? 0);
    window.setInterval = (work, wait) => Clock.current.set(work, wait, wait);
    window.clearTimeout = window.clearInterval = (id) => Clock.current.clear(id);
  }

  /** Runs `work` in a task of its own. */
  function task(work) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      work();
    };
    port2.postMessage(0);
  }
  const later = () => new Promise(task);

  let serial = 0;
  /** An embed token of the usual length, packed as real ones are (`browser.mjs`); lives for `life` ms. */
  function token(life = 3_600_000) {
    const exp = Math.floor((Date.now() + life) / 1000) + ++serial / 1000;
    const metadata = btoa(JSON.stringify({ clusterUrl: "https://x.test", exp }));
    return `${window.PACKED}.${metadata}`;
  }

  /** An embed as `powerbi.embed()` returns it, with a frame that takes every token in a task of its own. */
  function embed(accessToken) {
    const element = document.createElement("div");
    const iframe = element.appendChild(document.createElement("span"));
    document.body.append(element);
    const config = { type: "report", id: "r", groupId: "g", tokenType: 1, accessToken };
    const made = {
      element,
      iframe,
      iframeLoaded: true,
      config,
      sets: 0,
      async setAccessToken(text) {
        await later();
        made.sets++;
        config.accessToken = text;
      },
    };
    element.powerBiEmbed = made;
    return made;
  }

  /** Microsoft's documented loop for one embed: learn.microsoft.com/javascript/api/overview/powerbi/refresh-token. */
  function microsoft(report, tokenExpiration, getNewUserAccessToken) {
    const MINUTES_BEFORE_EXPIRATION = 10;
    const INTERVAL_TIME = 30_000;
    async function updateToken() {
      const newAccessToken = await getNewUserAccessToken();
      tokenExpiration = newAccessToken.expiration;
      await report.setAccessToken(newAccessToken.token);
    }
    function checkTokenAndUpdate() {
      const currentTime = Date.now();
      const expiration = Date.parse(tokenExpiration);
      const timeUntilExpiration = expiration - currentTime;
      const timeToUpdate = MINUTES_BEFORE_EXPIRATION * 60 * 1000;
      if (timeUntilExpiration <= timeToUpdate) updateToken();
    }
    setInterval(() => checkTokenAndUpdate(), INTERVAL_TIME);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) checkTokenAndUpdate();
    });
  }

  /** Starts a keeper for `embeds`, and waits until all of them are attached and the engine is idle. */
  async function startKeeper(embeds, source) {
    const { TokenKeeper } = await import("/dist/index.js");
    const keeper = new TokenKeeper({ source });
    while (keeper.status.engine === "none") await later();
    for (const one of embeds) keeper.attach(one);
    while (keeper.status.state !== "fresh") await later();
    // attaching goes on in tasks of its own
    for (let i = 0; i < embeds.length / 10 + 10; i++) await later();
    return keeper;
  }

  /** Counts the calls into every instance that is created from now on, and those out of it. */
  function counted() {
    const calls = { in: 0, out: 0, memory: null };
    const counts =
      (direction, work) =>
      (...args) => {
        calls[direction]++;
        return work(...args);
      };
    const each = (direction, object) =>
      Object.fromEntries(
        Object.entries(object).map(([name, value]) => [
          name,
          typeof value === "function" ? counts(direction, value) : value,
        ]),
      );
    const { Instance } = WebAssembly;
    // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
    WebAssembly.Instance = function (module, imports) {
      const outward = Object.fromEntries(
        Object.entries(imports).map(([name, members]) => [name, each("out", members)]),
      );
      const { exports } = new Instance(module, outward);
      calls.memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
      return { exports: each("in", exports) };
    };
    return calls;
  }

  return { Clock, START, counted, embed, startKeeper, later, microsoft, real, task, token, virtual };
})();
