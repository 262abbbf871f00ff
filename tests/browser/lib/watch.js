// Runs in every document before its own scripts: sees each timer, listener, request and console line
// of the page, moves the clocks of the page and its frames, and tells when all have come to rest. No moment of real
// time decides anything: rest is when two rounds of messages through all frames found nothing new.
import { clock, native, turn } from "./clock.js";

{
  const isHost = window.parent === window;
  const watch = {
    started: 0,
    fetching: 0,
    busy: 0,
    console: [],
    errors: [],
    rejections: [],
    fetches: [],
    aborted: [],
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
          if (repeats) timers.get(id).at = performance.now() + delay;
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
  const untilTimer = () => Math.min(...[...timers.values()].map(({ at }) => at)) - performance.now();
  const untilNextTimer = () => Math.max(1, untilTimer());

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
      changed();
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
    const answered = fetch(url, init);
    answered.catch(() => {
      if (init?.signal?.aborted) watch.aborted.push(new URL(url, document.baseURI).href);
    });
    return counted("fetching", answered);
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
  window.addEventListener("error", (event) => {
    // an embed's errors have the same name
    if (event instanceof ErrorEvent) watch.errors.push(`${event.message} ${spell(event.error)}`);
  });
  window.addEventListener("unhandledrejection", ({ reason }) => watch.rejections.push(spell(reason)));

  /** Forgets what was noted. */
  watch.forgets = () => {
    for (const noted of [watch.console, watch.rejections, watch.fetches, watch.fired]) noted.length = 0;
    window.stage.events.length = 0;
    if (window.ended) window.ended.length = 0;
  };

  // ---- visibility ----------------------------------------------------------------------------------------------
  let hidden = false;
  Object.defineProperty(Document.prototype, "hidden", { get: () => hidden, configurable: true });
  Object.defineProperty(Document.prototype, "visibilityState", {
    get: () => (hidden ? "hidden" : "visible"),
    configurable: true,
  });
  // The browser's own would say that the page is visible: Firefox raises one when the document is left for the next
  // scenario, whose requests the answer would be counted among.
  add.call(window, "visibilitychange", (event) => event.isTrusted && event.stopImmediatePropagation(), true);
  watch.setHidden = (value) => {
    hidden = value;
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  };

  // ---- messages between the page and its frames ------------------------------------------------------------------
  const waiting = new Map();
  const ready = new Set();
  const own = () => ({ started: watch.started, busy: watch.busy, next: untilNextTimer() });
  const result = async (what, arg) => {
    try {
      // biome-ignore lint/security/noGlobalEval: it is the test's own code, in the stand-in's document
      return { value: await globalThis.eval(`(${what})`)(arg) };
    } catch (error) {
      return { error: String(error?.message ?? error) };
    }
  };
  /** What a frame does for the page. */
  const does = {
    rest: own,
    passes: ({ ms }) => clock.passes(ms, untilTimer).then(own),
    jumps: ({ ms }) => clock.jumps(ms).then(own),
    isSet: ({ now }) => clock.isSet(now),
    run: ({ what, arg }) => result(what, arg),
  };
  add.call(window, "message", async (event) => {
    const said = event.data?.watch;
    if (!said) {
      watch.started += 1;
      changed();
      return;
    }
    event.stopImmediatePropagation();
    if (!isHost) event.source.postMessage({ watch: { id: said.id, ...(await does[said.does](said)) } }, "*");
    else if (said.ready) begins(event.source);
    else waiting.get(said.id)?.settle(said);
  });
  if (!isHost) window.parent.postMessage({ watch: { ready: true } }, "*");

  const gone = { started: 0, busy: 0, next: Infinity, error: "its document is gone" };
  /** A frame's document has begun. What its predecessor was asked it will never answer. */
  function begins(frame) {
    for (const one of waiting.values()) if (one.frame === frame) one.settle(gone);
    ready.add(frame);
    frame.postMessage({ watch: { does: "isSet", now: Date.now() } }, "*");
    watch.started += 1;
    changed();
  }
  let last = 0;
  const ask = (frame, what) => {
    last += 1;
    const id = last;
    return new Promise((settle) => {
      waiting.set(id, { frame, settle });
      frame.postMessage({ watch: { id, ...what } }, "*");
    }).finally(() => waiting.delete(id));
  };
  const frames = () =>
    [...document.querySelectorAll("iframe")].map(({ contentWindow }) => contentWindow).filter((one) => ready.has(one));
  if (isHost)
    new MutationObserver(() => {
      const all = frames();
      for (const { frame, settle } of waiting.values()) if (!all.includes(frame)) settle(gone);
      changed();
    }).observe(document, { childList: true, subtree: true });

  /** Whoever waits for something to happen: a message, an answer, a frame that comes or goes. */
  const curious = [];
  function changed() {
    for (const one of curious.splice(0)) one();
  }
  const change = (patience) =>
    new Promise((done) => {
      curious.push(done);
      if (patience) native.setTimeout(done, patience);
    });

  const frameIn = (id) => {
    const frame = document.getElementById(id)?.querySelector("iframe")?.contentWindow;
    return ready.has(frame) ? frame : null;
  };
  /** Runs a function in the document of the frame in this container. */
  watch.inFrame = async (id, what, arg) => {
    const frame = frameIn(id);
    if (!frame) throw new Error(`#${id} has no frame`);
    const { value, error } = await ask(frame, { does: "run", what, arg });
    if (error) throw new Error(error);
    return value;
  };
  /** Returns when the function says true in that frame; it is asked again whenever something happened. */
  watch.frameReaches = async (id, what, arg, patience) => {
    let late = false;
    const timer = native.setTimeout(() => {
      late = true;
      changed();
    }, patience);
    for (;;) {
      const next = change();
      const frame = frameIn(id);
      const { value } = frame ? await ask(frame, { does: "run", what, arg }) : {};
      if (value || late) {
        native.clearTimeout(timer);
        return Boolean(value);
      }
      await next;
    }
  };
  /** Returns when the function, called again and again, says true. For what tells nobody. */
  watch.until = async (met, patience) => {
    const began = native.now();
    while (!met()) {
      if (native.now() - began > patience) return false;
      await change(2);
    }
    return true;
  };

  // ---- rest, and time ------------------------------------------------------------------------------------------
  /** One message to every frame and back. What the page posted before it, each frame has taken when it answers. */
  const round = async () => {
    const told = await Promise.all(frames().map((frame) => ask(frame, { does: "rest" })));
    await turn();
    const all = [own(), ...told];
    const sum = (name) => all.reduce((total, one) => total + one[name], 0);
    return {
      started: sum("started"),
      busy: sum("busy"),
      fetching: watch.fetching,
      aborted: [...watch.aborted],
      next: Math.min(...all.map(({ next }) => next ?? Infinity)),
    };
  };
  const rest = async () => {
    for (let before = null; ; ) {
      const seen = await round();
      if (seen.busy === 0 && seen.started === before) return seen;
      before = seen.started;
    }
  };
  /**
   * Returns when nothing is left that does not wait for a clock or for an answer from outside. `held` requests are
   * known to wait there; of any more something is heard soon.
   */
  watch.rest = async (held) => {
    let seen = await rest();
    if (seen.fetching === held) return seen;
    await change(5);
    seen = await rest();
    return seen;
  };
  const everywhere = (what, mine) => Promise.all([...frames().map((frame) => ask(frame, what)), mine()]);
  const passes = (ms) => everywhere({ does: "passes", ms }, () => clock.passes(ms, untilTimer));
  /**
   * Time goes by, from one timer to the next, in the page and its frames alike; at each stop everything comes to rest.
   * Ends early when a request leaves, or one of those `held` outside has ended.
   */
  watch.passes = async (ms, held) => {
    for (let passed = 0; ; ) {
      const seen = await rest();
      if (passed >= ms || seen.fetching !== held) return { ...seen, passed };
      // a timer that was set for a time gone by is due at once
      const step = Math.max(0, Math.ceil(Math.min(seen.next, ms - passed)));
      passed += step;
      await passes(step);
    }
  };
  watch.steps = passes;
  watch.jumps = (ms) => everywhere({ does: "jumps", ms }, () => clock.jumps(ms));
  watch.clockIsSet = (now) => everywhere({ does: "isSet", now }, () => clock.isSet(now));

  Object.defineProperty(window, "__watch", { value: watch });
}
