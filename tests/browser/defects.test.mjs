// Scenarios that `npm run mutants` found missing: each notices a defect that all others let pass.

import assert from "node:assert/strict";
import { ENGINE } from "./lib/site.mjs";
import { minutes, seconds, story } from "./lib/story.mjs";

for (const [tokenType, wanted, other] of [
  [0, "aad", "embed"],
  [1, "embed", "aad"],
]) {
  story(`tokenType ${tokenType} is what the source is asked for: the other kind is refused`, async (told) => {
    const { page, source, keeper } = told;
    source.kind = other;
    await keeper.starts({ tokenType });
    assert.equal((await keeper.status()).tokenType, tokenType);
    const refused = await keeper.calls("refresh");
    await page.passes(seconds(1));
    assert.deepEqual((await refused.now()).value, { ok: false, code: "ERR_TOKEN_TYPE" });
    source.kind = wanted;
    const taken = await keeper.calls("refresh");
    await page.passes(seconds(1));
    assert.equal((await taken.now()).value.ok, true);
  });
}

story("where a module must not be compiled synchronously, the WebAssembly engine starts all the same", async (told) => {
  const { page, source, keeper } = told;
  // as Chromium was before 2023, for modules of more than 4 KB
  const tried = () => page.run(() => window.tried);
  await page.run(() => {
    window.tried = 0;
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct() {
        window.tried += 1;
        throw new RangeError(
          "WebAssembly.Compile is disallowed on the main thread, if the buffer size is larger than 4KB",
        );
      },
    });
  });
  await keeper.starts();
  assert.equal((await keeper.status()).engine, ENGINE);
  assert.equal(await tried(), ENGINE === "wasm" ? 1 : 0);
  await keeper.calls("getToken");
  await page.rests();
  source.expectRequests(1);
});

story("a frame that lags behind gets the newest token long after it came, without a request", async (told) => {
  const { page, source, frame, keeper } = told;
  source.kind = "aad";
  await keeper.starts();
  await page.embeds({ by: "keeper" });
  await keeper.attaches();
  await page.passes(minutes(1));
  await frame.plan({ always: { token: { drop: true } } });
  await keeper.calls("refresh");
  source.expectRequests(1);
  await page.passes(minutes(5));
  await frame.expectHolds(source.tokens[0]);
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer())?.body, source.newest.text);
  source.expectRequests(1);
});

story("attaching twice is attaching once: a token is set once", async (told) => {
  const { page, frame, keeper } = told;
  await page.embeds();
  await keeper.starts();
  await keeper.attaches();
  await keeper.attaches();
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  await page.rests();
  assert.equal(await frame.count("POST /report/token"), 1);
  assert.equal((await keeper.status()).embeds, 1);
});

story("attach() after stop attaches nothing", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.starts();
  await keeper.stops();
  await keeper.attaches();
  assert.equal((await keeper.status()).embeds, 0);
});

story("an embed that a token could not be set on stays attached", async ({ page, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await frame.plan({ token: [{ drop: true }] });
  await keeper.calls("refresh");
  await page.passes(seconds(11));
  assert.equal((await keeper.applyFailures()).length, 1);
  assert.equal((await keeper.status()).embeds, 1);
});

story("an engine that could not be started is started when it can be", async (told) => {
  const { page, source, keeper, another } = told;
  // no memory at first, neither for WebAssembly nor for the JavaScript engine, whose memory is an ArrayBuffer
  await page.run(() => {
    const { ArrayBuffer: Buffer } = window;
    const { Module } = WebAssembly;
    window.ArrayBuffer = class extends Buffer {
      constructor(bytes) {
        if (bytes > 10_000) throw new RangeError("out of memory");
        super(bytes);
      }
    };
    WebAssembly.Module = class {
      constructor() {
        throw new Error("out of memory");
      }
    };
    window.frees = () => {
      Object.assign(window, { ArrayBuffer: Buffer });
      Object.assign(WebAssembly, { Module });
    };
  });
  await keeper.starts({}, { engine: false });
  await keeper.reaches("the end of the keeper", ({ lastErrorCode }) => lastErrorCode === "ERR_ENGINE");
  await page.run(() => window.frees());
  await another("second").starts();
  await another("second").calls("getToken");
  await page.rests();
  source.expectRequests(1);
});

story("a document that hides addEventListener is listened to all the same", async ({ page, source, keeper }) => {
  await page.run(() => {
    for (const name of ["addEventListener", "removeEventListener"])
      document.body.appendChild(document.createElement("form")).name = name;
    if (typeof document.addEventListener === "function") document.addEventListener = null;
  });
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  // no timer is due then
  await page.sleepsUncounted(minutes(52));
  source.expectRequests(0);
  await page.hears("document", "resume");
  source.expectRequests(1);
  await keeper.stops();
  assert.deepEqual(
    (await page.listeners()).filter((one) => one === "document resume"),
    [],
  );
});

story("of a failure's body its beginning is read, and no more", async ({ page, keeper }) => {
  await keeper.starts(() => {
    window.pieces = 0;
    const reader = {
      read: async () => ({ done: window.pieces++ > 1000, value: new TextEncoder().encode("x".repeat(8192)) }),
      cancel: async () => {},
    };
    const body = { getReader: () => reader };
    return { source: () => ({ ok: false, status: 500, headers: new Headers(), text: () => "", body }) };
  });
  await keeper.calls("refresh");
  await keeper.says("refreshfailed");
  assert.equal(await page.run(() => window.pieces), 2);
});

for (const [name, read] of [
  ["was read", "text"],
  ["is being read", "stream"],
]) {
  story(`a failure whose body ${name} is explained by its status`, async ({ source, keeper }) => {
    await keeper.starts(
      (how) => ({
        source: async () => {
          const response = await fetch("/api/token", { method: "POST" });
          if (how === "text") await response.text();
          else response.body.getReader();
          throw response;
        },
      }),
      { arg: read },
    );
    source.next({ status: 404, body: "no such route" });
    await keeper.calls("refresh");
    await keeper.says("refreshfailed");
    const [{ detail }] = await keeper.events("refreshfailed");
    assert.equal(detail.code, "ERR_SOURCE_STATUS");
    assert.match(detail.explanation.error, /404/);
  });
}

story("a source is told which content it is asked for, as it is then", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  const before = await page.run(() => ({ ...stage.embeds.report.config }));
  await keeper.calls("refresh");
  const { type, id, groupId } = before;
  assert.deepEqual(source.requests[0].body.embeds, [{ type, id, groupId }]);
  const other = "5d9c4b5a-1111-4aaa-8bbb-00000000000f";
  // another object than the one that was attached
  await page.run((id) => {
    const { config, element, iframe } = stage.embeds.report;
    element.powerBiEmbed = { element, iframe, config: { ...config, id }, setAccessToken: async () => {} };
  }, other);
  await keeper.calls("refresh");
  assert.deepEqual(source.requests[1].body.embeds, [{ type, id: other, groupId }]);
});

story(
  "content that changes beneath the same token gets a token of its own",
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(30));
    await page.run(() => {
      stage.embeds.report.config.id = "5d9c4b5a-1111-4aaa-8bbb-00000000000f";
    });
    await page.passes(minutes(22));
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
  },
);

story("an embed whose tokenType changes beneath the same token gets one of that kind", async (told) => {
  const { page, source, keeper } = told;
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(30));
  await page.run(() => {
    stage.embeds.report.config.tokenType = 0;
  });
  source.kind = "aad";
  await page.passes(minutes(1));
  const refreshed = await keeper.calls("refresh");
  await page.passes(seconds(1));
  assert.equal((await refreshed.now()).value.ok, true);
});

story("a token of the page's own stays on an embed whose getters throw", async ({ page, source, keeper }) => {
  await page.embeds();
  await page.run(() => {
    Object.defineProperty(stage.embeds.report.config, "groupId", {
      get() {
        throw new Error("of the page's own");
      },
    });
  });
  await keeper.keeps();
  await page.passes(minutes(30));
  const own = source.mint();
  await page.run((text) => {
    stage.embeds.report.config.accessToken = text;
  }, own.text);
  await page.passes(minutes(45));
  source.expectRequests(0);
  assert.equal(await page.configToken(), own.text);
});

story("keepFresh() of no embed leaves nothing", async ({ page }) => {
  const before = await page.registrations();
  const code = await page.run(async () => {
    const { keepFresh } = await import("/dist/index.js");
    window.ending = new AbortController();
    try {
      keepFresh({}, { source: "/api/token", signal: window.ending.signal });
    } catch (error) {
      return error.code;
    }
  });
  assert.equal(code, "ERR_OPTION");
  await page.rests();
  assert.deepEqual(await page.registrations(), before);
});

story("configure() gives a configuration, and a bootstrapped element, one uniqueId", async ({ page, keeper }) => {
  await keeper.starts();
  const [first, again, bootstrapped] = await page.run(() => {
    const { keeper } = stage.keepers;
    const config = { type: "report", tokenType: 0 };
    const element = document.createElement("div");
    element.powerBiEmbed = { config: { uniqueId: "bootstrap" } };
    return [config, config, { type: "report", tokenType: 0 }].map(
      (one, i) => keeper.configure(one, i === 2 ? element : undefined).uniqueId,
    );
  });
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.equal(again, first);
  assert.equal(bootstrapped, "bootstrap");
});

story("where the browser can't unpack, an embed token is taken as it is", async ({ page, source, keeper }) => {
  await page.run(() => delete window.DecompressionStream);
  await keeper.starts();
  const refreshed = await keeper.calls("refresh");
  await page.passes(seconds(1));
  assert.equal((await refreshed.now()).value.ok, true);
  source.expectRequests(1);
});

for (const [name, unlike, code] of [
  ["that was redirected", { redirected: true }, "ERR_SOURCE_NETWORK"],
  ["that is opaque", { type: "opaque" }, "ERR_SOURCE_NETWORK"],
  ["whose body breaks off behind the token", { breaks: true }, "ERR_SOURCE_NETWORK"],
  ["that is whole", {}, undefined],
]) {
  story(`a function's Response ${name}: ${code ?? "taken"}`, async ({ page, source, keeper }) => {
    await keeper.starts(
      ([text, { breaks, ...more }]) => ({
        source: () => {
          let pieces = 0;
          const read = async () => {
            pieces += 1;
            if (pieces === 1) return { done: false, value: new TextEncoder().encode(text) };
            if (breaks) throw new TypeError("network error");
            return { done: true };
          };
          const body = { getReader: () => ({ read, cancel: async () => {} }) };
          return { ok: true, status: 200, headers: new Headers(), text: () => "", body, ...more };
        },
      }),
      { arg: [source.mint().text, unlike] },
    );
    const refreshed = await keeper.calls("refresh");
    await page.passes(seconds(1));
    assert.equal((await refreshed.now()).value.code, code);
  });
}

story("a body that JSON knows nothing of is not sent", async ({ page, source, keeper }) => {
  await keeper.starts(() => ({ source: { url: "/api/token", body: () => () => "a function" } }));
  const refreshed = await keeper.calls("refresh");
  await page.passes(seconds(1));
  assert.equal((await refreshed.now()).value.ok, false);
  source.expectRequests(0);
});

story("a Response that a function rejects with is an answer", async ({ page, source, keeper }) => {
  await keeper.starts((text) => ({ source: () => Promise.reject(new Response(text)) }), { arg: source.mint().text });
  const refreshed = await keeper.calls("refresh");
  await page.passes(seconds(1));
  assert.equal((await refreshed.now()).value.ok, true);
});

story("a rejection that names the status of a success was rejected for another reason", async ({ page, keeper }) => {
  await keeper.starts(() => ({ source: () => Promise.reject(Object.assign(new Error("no JSON"), { status: 200 })) }));
  const refreshed = await keeper.calls("refresh");
  await page.passes(seconds(1));
  assert.deepEqual((await refreshed.now()).value, { ok: false, code: "ERR_SOURCE_THREW" });
});
