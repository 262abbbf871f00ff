// Scripts that share the page and change what everybody uses: what works beside them. The list is in
// docs/compatibility.md.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { launch, BROWSER } from "./lib/browser.mjs";
import { expectTaken, hours, minutes, seconds, storyApart as story } from "./lib/story.mjs";
import { mintEmbedToken } from "../../www/dist-server/backend.js";

const file = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/**
 * A page with this neighbour, who is there before the package is: a token comes in time, is set, and is renewed again
 * after an outage; `undo` puts right what the story's own machinery needs.
 */
function beside(name, change, { kind = "embed", undo } = {}) {
  story(`beside ${name}: a keeper works`, async (told) => {
    const { page, source, keeper, frame, another } = told;
    source.kind = kind;
    await page.run(change);
    await keeper.starts();
    await page.embeds({ by: "keeper" });
    await keeper.attaches();
    await page.passes(minutes(55));
    source.expectRequests(1);
    assert.deepEqual(source.requests[0].body.embeds.length, 1);
    await expectTaken(told);
    if (kind === "aad") {
      const asked = await frame.asks();
      await page.rests();
      assert.equal((await asked.answer())?.statusCode, 200);
    }
    source.next({ status: 500, body: "" }, { drop: true });
    await page.passes(hours(1));
    await expectTaken(told);
    // a function of the page's, a waiter, a diagnosis
    const text = source.mint().text;
    await another("own").starts((token) => ({ source: async () => ({ token }) }), { arg: text });
    const asked = await another("own").calls("getToken");
    await page.rests();
    assert.equal((await asked.now()).value, text);
    assert.equal(
      await page.run((token) => K.inspectToken(token).then(({ findings }) => findings.length >= 0), text),
      true,
    );
    await another("own").stops();
    await keeper.detaches();
    assert.equal(await page.timers(), 0);
    await keeper.stops();
    if (undo) await page.run(undo);
  });
}

// ---- what works -----------------------------------------------------------------------------------------------------

beside("a Date that is a class of the page's own", () => {
  const Native = Date;
  window.Date = class extends Native {
    constructor(...args) {
      super(...(args.length ? args : [Native.now()]));
    }
    toJSON() {
      return "patched";
    }
    toISOString() {
      return "patched";
    }
  };
});

beside("a Date.now that counts half milliseconds", () => {
  const now = Date.now.bind(Date);
  Date.now = () => now() + 0.5;
});

beside("a fetch that logs, copies the response and adds a header", () => {
  const { fetch } = window;
  window.fetch = async (url, init) => {
    const response = await fetch(url, { ...init, headers: { ...init.headers, "x-trace": "1" } });
    return new Response(await response.clone().text(), response);
  };
});

beside("a fetch whose result is a thenable without catch or finally", () => {
  const { fetch } = window;
  window.fetch = (...args) => {
    const sent = fetch(...args);
    return { then: (...callbacks) => void sent.then(...callbacks) };
  };
});

beside("a fetch that rejects with the response unless it is a success, as wrappers do", () => {
  const { fetch } = window;
  window.fetch = (...args) => fetch(...args).then((response) => (response.ok ? response : Promise.reject(response)));
});

beside("timers that are objects", () => {
  for (const [set, clear] of [
    ["setTimeout", "clearTimeout"],
    ["setInterval", "clearInterval"],
  ]) {
    const [arm, disarm] = [window[set], window[clear]];
    window[set] = (...args) => ({ id: arm(...args) });
    window[clear] = (timer) => disarm(timer?.id ?? timer);
  }
});

beside(
  "a Promise of a library's own, which has neither allSettled nor any",
  () => {
    const Native = Promise;
    class Polyfill {
      constructor(work) {
        this.inner = new Native(work);
      }
      then(...callbacks) {
        const derived = this.inner.then(...callbacks);
        return new Polyfill((done, failed) => void derived.then(done, failed));
      }
      catch(callback) {
        return this.then(undefined, callback);
      }
      finally(callback) {
        return new Polyfill((done, failed) => void this.inner.finally(callback).then(done, failed));
      }
      static resolve(value) {
        return value instanceof Polyfill ? value : new Polyfill((done) => done(value));
      }
      static reject(reason) {
        return new Polyfill((_, failed) => failed(reason));
      }
      static all(values) {
        return new Polyfill((done, failed) => void Native.all(values).then(done, failed));
      }
      static race(values) {
        return new Polyfill((done, failed) => void Native.race(values).then(done, failed));
      }
    }
    window.nativePromise = Native;
    window.Promise = Polyfill;
  },
  { undo: () => void (window.Promise = window.nativePromise) },
);

beside("frozen prototypes, as SES has them", () => {
  for (const { prototype } of [Object, Array, Function, Error, TypeError, RangeError, Promise, Date, RegExp, Map, Set])
    Object.freeze(prototype);
});

beside(
  "MooTools-style extensions",
  () => {
    const extend = (target, members) => {
      for (const [name, member] of Object.entries(members)) target[name] = member;
    };
    // enumerable, as assignments are
    extend(Array.prototype, {
      each(callback, bind) {
        for (let i = 0; i < this.length; i++) callback.call(bind, this[i], i, this);
      },
      clean() {
        return this.filter((item) => item != null);
      },
      contains: Array.prototype.includes,
      empty() {
        this.length = 0;
        return this;
      },
      last: undefined,
    });
    extend(Function.prototype, {
      extend: () => this,
      implement: () => this,
      pass(args, bind) {
        return () => this.apply(bind, args);
      },
      delay(ms, bind, args) {
        return setTimeout(this.pass(args, bind), ms);
      },
    });
    extend(String.prototype, { test: () => false, clean: () => "", camelCase: () => "" });
    extend(Element.prototype, {
      set() {
        return this;
      },
      get: () => null,
      store: () => null,
      dispose() {
        this.remove();
      },
    });
    extend(Object.prototype, { each: () => undefined, type: "object", message: "patched" });
    // its own Array.from knows no second argument
    Array.from = (item) => (item == null ? [] : typeof item === "object" && "length" in item ? [...item] : [item]);
  },
  {
    undo: () => {
      for (const name of ["each", "type", "message"]) delete Object.prototype[name];
    },
  },
);

beside("Prototype-style extensions", () => {
  const extend = (target, members) => {
    for (const [name, member] of Object.entries(members)) target[name] = member;
  };
  extend(Array.prototype, {
    toJSON() {
      return `[${this.map((item) => JSON.stringify(item)).join(", ")}]`;
    },
    entries() {
      return [...this];
    },
    first() {
      return this[0];
    },
    without(...values) {
      return this.filter((item) => !values.includes(item));
    },
  });
  extend(String.prototype, { toJSON: undefined, strip: () => "", evalJSON: () => ({}) });
  extend(Function.prototype, {
    bind(context, ...curried) {
      return (...args) => this.apply(context, [...curried, ...args]);
    },
    wrap: () => () => undefined,
    defer() {
      return setTimeout(this, 10);
    },
  });
  extend(Element.prototype, { show: () => null, hide: () => null, update: () => null, identify: () => "x" });
  Object.keys = (
    (keys) => (object) =>
      keys(object)
  )(Object.keys);
});

for (const kind of ["embed", "aad"]) {
  beside(`zone.js, ${kind}`, `() => { ${file("node_modules/zone.js/bundles/zone.umd.js")} }`, { kind });
}

story("beside a wall clock that somebody froze: a keeper works by the other clock", async (told) => {
  const { page, source, keeper } = told;
  await keeper.starts();
  await page.embeds();
  await keeper.attaches();
  await page.run(() => {
    const frozen = Date.now();
    Date.now = () => frozen;
  });
  await page.passes(hours(3));
  assert.ok(source.requests.length >= 3, `${source.requests.length} requests in three hours`);
  await expectTaken(told);
});

// ---- what can't -----------------------------------------------------------------------------------------------------

story(
  "beside a clock and timers that throw: nothing is thrown at the page, and the keeper says that it can't",
  async (told) => {
    const { page, keeper, source, another } = told;
    await keeper.starts();
    await page.embeds();
    await keeper.attaches();
    const held = await page.configToken();
    await page.run(() => {
      window.undone = [Date.now, window.setInterval];
      Date.now = () => {
        throw new Error("patched");
      };
      window.setInterval = () => {
        throw new Error("patched");
      };
    });
    const refreshed = await page.run(async () => {
      const { keeper: own } = stage.keepers;
      void own.status;
      const outcome = own.refresh();
      own.attach(stage.container("report"));
      return [await outcome, await own.accessTokenProvider(), own.status.state];
    });
    assert.deepEqual(refreshed, [{ ok: false, code: "ERR_CRASHED" }, null, "stopped"]);
    assert.equal(await page.configToken(), held, "the embed keeps its token");
    await page.run(() => {
      [Date.now, window.setInterval] = window.undone;
    });
    assert.ok(source.requests.length <= 2);
    await another("late").starts({}, { engine: false });
  },
  // the listeners of the page read the clock themselves
  { pageErrors: /patched/ },
);

story("beside timers that never fire: getToken() and refresh() work, and a visible page is checked", async (told) => {
  const { page, source, keeper } = told;
  await page.run(() => {
    window.timersAreBack = [window.setInterval, window.setTimeout];
    window.setInterval = () => 1;
  });
  await keeper.starts();
  await page.embeds();
  await keeper.attaches();
  await page.sleeps(minutes(55));
  source.expectRequests(0);
  await page.hears("window", "focus");
  await page.passes(seconds(1));
  source.expectRequests(1);
  await expectTaken(told);
});

test("a service worker that answers stale tokens: each is refused, the good token stays, and its end is noticed", {
  skip: BROWSER !== "chromium",
  timeout: 60_000,
}, async () => {
  let minted = 0;
  const mint = () => {
    minted += 1;
    return mintEmbedToken({ expiresAt: Math.floor(Date.now() / 1000 + 3600 + minted) * 1000 });
  };
  const files = {
    "/": ["text/html", '<!doctype html><meta charset="utf-8"><title>host</title><link rel="icon" href="data:,">'],
    "/sw.js": [
      "text/javascript",
      `self.addEventListener("install", () => self.skipWaiting());
         self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
         let kept;
         self.addEventListener("message", ({ ports }) => { kept = undefined; ports[0].postMessage(0); });
         self.addEventListener("fetch", (event) => {
           if (!event.request.url.endsWith("/api/token")) return;
           kept ??= fetch(event.request).then((response) => response.text());
           const headers = { "content-type": "application/json" };
           event.respondWith(kept.then((text) => new Response(text, { headers })));
         });`,
    ],
  };
  const server = createServer((request, response) => {
    if (request.url === "/api/token") {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify({ token: mint() }));
    }
    const [type, body] = files[request.url] ?? ["text/javascript", null];
    response.setHeader("content-type", type);
    response.end(body ?? file(request.url.slice(1)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await launch();
  try {
    const tab = await (await browser.newContext()).newPage();
    const errors = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const seen = await tab.evaluate(async () => {
      await navigator.serviceWorker.register("/sw.js");
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller)
        await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
      const { TokenKeeper } = await import("/dist/index.js");
      const keeper = new TokenKeeper({ source: "/api/token" });
      const config = { type: "report", id: "r", groupId: "g", tokenType: 1, accessToken: await keeper.getToken() };
      const element = document.body.appendChild(document.createElement("div"));
      element.powerBiEmbed = {
        element,
        config,
        setAccessToken: async (token) => void (config.accessToken = token),
      };
      keeper.attach(element);
      const first = config.accessToken;
      const stale = await keeper.refresh();
      const kept = config.accessToken === first;
      const { port1, port2 } = new MessageChannel();
      const forgotten = new Promise((done) => (port1.onmessage = done));
      navigator.serviceWorker.controller.postMessage("forget", [port2]);
      await forgotten;
      port1.close();
      const well = await keeper.refresh();
      const changed = config.accessToken !== first;
      keeper.stop();
      return { stale, kept, well: well.ok, changed };
    });
    assert.deepEqual(seen, { stale: { ok: false, code: "ERR_TOKEN_SAME" }, kept: true, well: true, changed: true });
    assert.deepEqual(errors, []);
    assert.equal(minted, 2);
  } finally {
    await browser.close();
    server.close();
  }
});
