// Runs in every document before its own scripts, after Playwright's clock: sees each timer, listener, request and
// console line of the page, and tells when the page and its frames have come to rest. No moment of real time
// decides anything: rest is when two rounds of messages through all frames found nothing new.
(() => {
  const isHost = window.parent === window;
  const native = window.__native;
  const watch = {
    started: 0,
    fetching: 0,
    busy: 0,
    console: [],
    rejections: [],
    fetches: [],
    fired: [],
    longestTimer: 0,
  };

  // ---- timers ------------------------------------------------------------------------------------------------
  const timers = new Map();
  for (const [set, clear, repeats] of [
    ["setTimeout", "clearTimeout", false],
    ["setInterval", "clearInterval", true],
  ]) {
    const [arm, disarm] = [window[set], window[clear]];
    window[set] = (callback, wait, ...args) => {
      const delay = Math.max(0, Number(wait) || 0);
      const id = arm(
        (...given) => {
          watch.started += 1;
          watch.fired.push(performance.now());
          if (repeats) timers.get(id).at += delay;
          else timers.delete(id);
          return callback(...given);
        },
        delay,
        ...args,
      );
      timers.set(id, { at: performance.now() + delay, delay });
      watch.longestTimer = Math.max(watch.longestTimer, delay);
      return id;
    };
    window[clear] = (id) => {
      timers.delete(id);
      disarm(id);
    };
  }
  watch.timers = () => timers.size;
  const untilNextTimer = () => Math.min(...[...timers.values()].map(({ at }) => Math.max(1, at - performance.now())));

  // ---- listeners -----------------------------------------------------------------------------------------------
  let listeners = [];
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const captures = (options) => (typeof options === "object" ? Boolean(options?.capture) : Boolean(options));
  EventTarget.prototype.addEventListener = function (type, callback, options) {
    const target = this ?? window;
    const capture = captures(options);
    const known = listeners.some(
      (one) => one.target === target && one.type === type && one.callback === callback && one.capture === capture,
    );
    if (callback && !known && !options?.signal?.aborted) {
      const one = { target, type, callback, capture };
      listeners.push(one);
      if (options?.signal)
        add.call(options.signal, "abort", () => (listeners = listeners.filter((other) => other !== one)));
    }
    return add.call(target, type, callback, options);
  };
  EventTarget.prototype.removeEventListener = function (type, callback, options) {
    const target = this ?? window;
    const capture = captures(options);
    listeners = listeners.filter(
      (one) => !(one.target === target && one.type === type && one.callback === callback && one.capture === capture),
    );
    return remove.call(target, type, callback, options);
  };
  const nameOf = (target) =>
    target === window
      ? "window"
      : target === document
        ? "document"
        : target instanceof Element
          ? `#${target.id}`
          : target.constructor.name;
  /** What listens on the window, the document, the containers and the page's own abort signal, as "target type". */
  watch.listeners = () =>
    listeners
      .filter(
        ({ target }) =>
          target === window ||
          target === document ||
          target instanceof HTMLDivElement ||
          target === window.ending?.signal,
      )
      .map(({ target, type }) => `${nameOf(target)} ${type}`)
      .sort();

  // ---- what takes real time ------------------------------------------------------------------------------------
  const counted = (name, promise) => {
    watch[name] += 1;
    const done = () => {
      watch[name] -= 1;
      watch.started += 1;
    };
    promise.then(done, done);
    return promise;
  };
  const { fetch } = window;
  window.fetch = (url, init) => {
    watch.fetches.push({
      url: String(url),
      method: init?.method,
      credentials: init?.credentials,
      cache: init?.cache,
      redirect: init?.redirect,
      aborted: init?.signal?.aborted,
    });
    return counted("fetching", fetch(url, init));
  };
  for (const [owner, name] of [
    [Response.prototype, "text"],
    [Response.prototype, "json"],
    [ReadableStreamDefaultReader.prototype, "read"],
    [WebAssembly, "compile"],
  ]) {
    const call = owner[name];
    owner[name] = function (...args) {
      return counted("busy", call.apply(this, args));
    };
  }

  // ---- what is said -------------------------------------------------------------------------------------------
  const spell = (value) => {
    try {
      return [String(value), value?.stack, JSON.stringify(value)].join(" ");
    } catch {
      return "";
    }
  };
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "dir", "table", "group", "assert"]) {
    const say = console[name];
    console[name] = (...args) => {
      watch.console.push(`${name}: ${args.map(spell).join(" ")}`);
      say.apply(console, args);
    };
  }
  window.addEventListener("unhandledrejection", ({ reason }) => watch.rejections.push(spell(reason)));

  // ---- visibility ----------------------------------------------------------------------------------------------
  let hidden = false;
  Object.defineProperty(Document.prototype, "hidden", { get: () => hidden, configurable: true });
  Object.defineProperty(Document.prototype, "visibilityState", {
    get: () => (hidden ? "hidden" : "visible"),
    configurable: true,
  });
  watch.setHidden = (value) => {
    hidden = value;
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  };

  // ---- rest ----------------------------------------------------------------------------------------------------
  const answers = new Map();
  const ready = new Set();
  const own = () => ({ started: watch.started, busy: watch.busy, next: untilNextTimer() });
  add.call(window, "message", (event) => {
    const said = event.data?.watch;
    if (!said) {
      watch.started += 1;
      return;
    }
    event.stopImmediatePropagation();
    if (!isHost) event.source.postMessage({ watch: { ...said, ...own() } }, "*");
    else if (said.ready) ready.add(event.source);
    else answers.get(said.id)?.(said);
  });
  if (!isHost) window.parent.postMessage({ watch: { ready: true } }, "*");

  let pings = 0;
  const ping = (frame) => {
    pings += 1;
    const id = pings;
    return new Promise((answer) => {
      answers.set(id, answer);
      frame.postMessage({ watch: { id } }, "*");
      // a frame that has gone in this moment answers nothing
      native.setTimeout(() => answer({ started: -id, busy: 0, next: Infinity }), 2000);
    }).finally(() => answers.delete(id));
  };
  const turn = () =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done();
      port2.postMessage(null);
    });
  /** One message to every frame and back. What the page posted before it, each frame has taken when it answers. */
  const round = async () => {
    const frames = [...document.querySelectorAll("iframe")]
      .map((iframe) => iframe.contentWindow)
      .filter((frame) => ready.has(frame));
    const told = await Promise.all(frames.map(ping));
    await turn();
    const all = [own(), ...told];
    const sum = (name) => all.reduce((total, one) => total + one[name], 0);
    return {
      started: sum("started"),
      busy: sum("busy"),
      fetching: watch.fetching,
      next: Math.min(...all.map(({ next }) => next ?? Infinity)),
    };
  };
  /** Returns when nothing is left that does not wait for a clock or for an answer from outside. */
  watch.rest = async () => {
    for (let last = null; ; ) {
      const seen = await round();
      if (seen.busy === 0 && seen.started === last) return seen;
      last = seen.started;
    }
  };

  Object.defineProperty(window, "__watch", { value: watch });
})();
