// What markup, a polluted prototype, a frame, a tab and another script of the page can't do: each attack of the threat
// model that the facade meets.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { minutes, seconds, storyApart as story, storyOfEach } from "./lib/story.mjs";

storyOfEach("a window that names the embed's uniqueId gets no token from the provider", async (told) => {
  const { page, source, frame, keeper } = told;
  source.kind = "aad";
  await keeper.starts();
  await page.embeds({ by: "keeper" });
  await keeper.attaches();
  await page.passes(minutes(40));
  source.always({ hang: true });
  const { statusCode, body } = await page.run(async () => {
    const uid = stage.embeds.report.config.uniqueId;
    const script = `addEventListener("message", ({ data }) => parent.postMessage({ answer: data }, "*"));
      parent.postMessage({ method: "POST", url: "/reports/${uid}/eventHooks/newAccessToken", headers: { id: "x" },
        body: {} }, "*");`;
    // a window of its own; powerbi-client could not answer a sandboxed one
    const foreign = Object.assign(document.createElement("iframe"), {
      srcdoc: `<script>${script}</script>`,
    });
    const answered = new Promise((done) =>
      addEventListener("message", ({ data, source: from }) => {
        if (from === foreign.contentWindow && data.answer) done(data.answer);
      }),
    );
    document.body.append(foreign);
    const answer = await answered;
    foreign.remove();
    return answer;
  });
  assert.deepEqual([statusCode, body], [200, null]);
  source.expectRequests(0, "it is not even asked for");

  source.next({});
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer()).body, source.newest.text, "the embed's own frame gets one");
});

story("the uniqueId that configure() draws has 128 bits that Math.random does not tell", async ({ page, keeper }) => {
  await keeper.starts();
  const ids = await page.run(() => {
    Math.random = () => 0.5;
    return [1, 2, 3].map(() => stage.keepers.keeper.configure({ type: "report", tokenType: 0 }).uniqueId);
  });
  assert.equal(new Set(ids).size, 3);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
});

story("a page's own variable named event does not keep a frame from its token", async (told) => {
  const { page, source, frame, keeper } = told;
  source.kind = "aad";
  await keeper.starts();
  await page.embeds({ by: "keeper" });
  await page.run(() => {
    window.event = new MessageEvent("message", { data: 1 });
  });
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer()).body, source.newest.text);
});

story("a polluted Object.prototype adds no option", async ({ page, source, keeper }) => {
  await page.run(() => {
    Object.assign(Object.prototype, {
      shareKey: "polluted",
      initial: "polluted",
      headers: { "x-polluted": "1" },
      body: { polluted: true },
      method: "GET",
      tokenType: 0,
      mode: "no-cors",
      integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", // of nothing
      signal: AbortSignal.abort(),
      pollIntervalMs: 1000,
    });
  });
  await keeper.starts();
  const asked = await keeper.calls("getToken");
  await page.rests();
  assert.equal((await asked.now()).value, source.newest.text);
  const [request] = source.requests;
  assert.equal(request.method, "POST");
  assert.equal(request.headers["x-polluted"], undefined);
  assert.equal(request.body.polluted, undefined);
  assert.deepEqual(
    await page.run(() => navigator.locks.query().then(({ held, pending }) => [...held, ...pending])),
    [],
  );
  await page.run(() => {
    for (const key of [
      "shareKey",
      "initial",
      "headers",
      "body",
      "method",
      "tokenType",
      "mode",
      "integrity",
      "signal",
      "pollIntervalMs",
    ])
      delete Object.prototype[key];
  });
});

story("neither a <base> of another origin nor the name of an element decides where a request goes", async (told) => {
  const { page, source, keeper, frame, another } = told;
  await page.embeds();
  // the package is there before the markup is
  await another("first").starts();
  await page.run(() => {
    document.head.insertAdjacentHTML("afterbegin", '<base href="https://evil.test/">');
    for (const name of ["valueOf", "baseURI", "addEventListener", "visibilityState", "location", "body"])
      document.documentElement.append(Object.assign(new Image(), { name }));
  });
  await page.run(() => {
    stage.keep("keeper", new K.TokenKeeper({ source: "api/token" }));
    stage.keepers.keeper.attach(stage.embeds.report);
  });
  await keeper.engineStarts();
  await page.passes(minutes(55));
  source.expectRequests(1);
  assert.equal(new URL(source.requests[0].url).origin, "https://host.test");
  await frame.expectHolds(source.newest);
});

story("a <base> of the page's own origin is where a relative URL starts", async ({ page, source, keeper }) => {
  await page.run(() => document.head.insertAdjacentHTML("afterbegin", '<base href="/api/deep/">'));
  await keeper.starts({ source: "token" });
  await keeper.calls("getToken");
  assert.equal(new URL(source.requests[0].url).pathname, "/api/deep/token");
});

story("lists that are shared a hundredfold, from a frame and from a source, block nothing", async (told) => {
  const { page, keeper } = told;
  await page.embeds();
  await keeper.keeps(() => ({ source: () => window.nested }));
  const longest = await page.run(async () => {
    window.nested = "x";
    for (let depth = 0; depth < 6; depth++) window.nested = Array(100).fill(window.nested);
    const begun = performance.now();
    const { explain } = await import("/dist/index.js");
    await explain({ message: "LoadReportFailed", nested: window.nested });
    stage
      .container("report")
      .dispatchEvent(new CustomEvent("error", { detail: { message: "LoadReportFailed", nested: window.nested } }));
    const refreshed = await stage.keepers.keeper.refresh();
    return { ms: performance.now() - begun, code: refreshed.code };
  });
  assert.equal(longest.code, "ERR_SOURCE_ANSWER");
});

for (const [name, parsed, answer] of [
  ["a typed array of 5 MB", 0, () => new Uint8Array(5_000_000)],
  ["a proxy of one", 0, () => new Proxy(new Uint8Array(5_000_000), {})],
  ["200,000 objects", 0, () => Array.from({ length: 200_000 }, (_, i) => ({ i }))],
  ["a text of 1 MiB", 1_048_008, () => JSON.stringify({ a: "x".repeat(1_048_000) })],
  ["JSON nested 500,000 deep", 0, () => `${"[".repeat(524_288)}${"]".repeat(524_288)}`],
  ["JSON of 200,000 objects", 0, () => `[${'{"a":1},'.repeat(131_000)}0]`],
]) {
  story(`an answer with ${name} is read in a moment`, async ({ page, keeper }) => {
    await page.run(`window.answer = (${answer})()`);
    await keeper.starts(() => ({ source: () => window.answer }));
    const { code, length } = await page.run(async () => {
      const { parse } = JSON;
      let given = 0;
      JSON.parse = (text, ...rest) => {
        given += text.length;
        return parse(text, ...rest);
      };
      const refreshed = await stage.keepers.keeper.refresh();
      return { code: refreshed.code, length: given };
    });
    assert.equal(code, "ERR_SOURCE_ANSWER");
    assert.equal(length, parsed, "what the browser's parser was given");
  });
}

story("of an answer, an error and a configuration, however large, at most 2,000 values are looked at", async (told) => {
  const { page, keeper } = told;
  await page.embeds();
  await keeper.keeps(() => ({ source: () => window.answer }));
  const looked = await page.run(async () => {
    let count = 0;
    // whatever is converted is asked for its keys, once
    const counted = (value) =>
      new Proxy(value, {
        ownKeys: (target) => {
          count += 1;
          return Reflect.ownKeys(target);
        },
      });
    const list = Array.from({ length: 200_000 }, (_, i) => counted({ i }));
    const wide = Object.fromEntries(list.slice(0, 20_000).map((one, i) => [`k${i}`, one]));
    let deep = counted({});
    for (let i = 0; i < 10_000; i++) deep = counted({ deep, beside: counted({}) });
    const { explain, diagnose } = await import("/dist/index.js");
    const all = {};
    for (const [name, value] of Object.entries({ list, wide, deep, both: [list, wide, deep] })) {
      const measure = async (way, act) => {
        count = 0;
        await act();
        all[`${way} ${name}`] = count;
      };
      window.answer = value;
      await measure("answer", () => stage.keepers.keeper.refresh());
      await measure("error", () => explain({ message: "LoadReportFailed", value }));
      await measure("config", () => diagnose({ type: "report", settings: value }));
    }
    return all;
  });
  assert.equal(Object.keys(looked).length, 12);
  for (const [what, count] of Object.entries(looked)) assert.ok(count <= 2_001, `${what}: ${count}`);
  assert.ok(looked["answer list"] > 100, "and some are");
});

story("the names of lock and channel don't show the shareKey", async ({ page, source, keeper }) => {
  await page.run(() => {
    window.channels = [];
    const Native = BroadcastChannel;
    window.BroadcastChannel = class extends Native {
      constructor(name) {
        super(name);
        window.channels.push(name);
      }
    };
  });
  source.always({ hang: true });
  await keeper.starts({ shareKey: "jo@contoso.com" });
  await keeper.calls("getToken");
  await page.awaits("the request", async () => source.requests.length === 1);
  const names = await page.run(async () => {
    const { held } = await navigator.locks.query();
    return [...window.channels, ...held.map(({ name }) => name)];
  });
  assert.ok(names.length >= 2);
  for (const name of names) assert.match(name, /^powerbi-token-keeper:[0-9a-f]{64}$/);
});

story("a frame that raises 20,000 different errors is explained to at most 50 times", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.run(() => {
    const element = stage.container("report");
    for (let i = 0; i < 20_000; i++)
      element.dispatchEvent(new CustomEvent("error", { detail: { message: `Error${i}`.padEnd(1000, "x") } }));
  });
  await page.awaits("the explanations", async () => (await keeper.events("explained")).length >= 50);
  await page.passes(seconds(5));
  assert.equal((await keeper.events("explained")).length, 50);
});

story(
  "a page that patches performance of text and lists is served all the same",
  async ({ page, source, keeper, frame }) => {
    await page.run(() => {
      Array.prototype.last = () => undefined;
      Object.freeze(Object.prototype);
      Object.freeze(Array.prototype);
    });
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(55));
    await frame.expectHolds(source.newest);
  },
);

/** 41 ways to write an address that a token must not be asked of, as seen from https://host.test. */
const SPELLINGS = [
  "http://evil.test/t",
  "HTTP://EVIL.TEST/t",
  "http:\\\\evil.test\\t",
  "http:/evil.test/t",
  "http:evil.test/t",
  " http://evil.test/t ",
  "\thttp://evil.test/t",
  "ht\ntp://evil.test/t",
  "h\tttp://evil.test/t",
  "\u0000http://evil.test/t",
  "http://evil.test:443/t",
  "http://host.test/t",
  "http://host.test:443/t",
  "http://localhost.evil.test/t",
  "http://127.0.0.1.evil.test/t",
  "http://127.evil.test/t",
  "http://evil.test#localhost",
  "http://evil.test?localhost",
  "http://evil.test/localhost",
  "http://localhost@evil.test/t",
  "http://localhost:80@evil.test/t",
  "http://localhost\\@evil.test/t",
  "https://localhost@evil.test/t",
  "https://host.test:pw@evil.test/t",
  "//user@evil.test/t",
  "http://[::2]/t",
  "http://[::ffff:10.0.0.1]/t",
  "http://0.0.0.0/t",
  "http://10.0.0.1/t",
  "http://0x0a000001/t",
  "http://167772161/t",
  "http://128.0.0.1/t",
  "http://evil\u3002test/t",
  "http://\u24d4vil.test/t",
  "ws://evil.test/t",
  "wss://evil.test/t",
  "ftp://evil.test/t",
  "file:///etc/passwd",
  "blob:https://host.test/1",
  "data:text/plain,token",
  "java\nscript:alert(1)",
];

story("no spelling of an address makes the keeper ask over plain http, or anything but http", async ({ page }) => {
  assert.equal(new Set(SPELLINGS).size, 41);
  const kept = await page.run(async (spellings) => {
    const { TokenKeeper } = await import("/dist/index.js");
    return spellings.filter((url) => {
      try {
        new TokenKeeper({ source: url }).stop();
        // what the platform reads as this page's own path is no attack
        return new URL(url, location.href).hostname !== "localhost";
      } catch (error) {
        return error.code !== "ERR_OPTION";
      }
    });
  }, SPELLINGS);
  assert.deepEqual(kept, []);
});

story("10,000 errors that say TokenExpired are one request", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(seconds(60));
  await page.run(() => {
    const element = stage.container("report");
    for (let i = 0; i < 10_000; i++)
      element.dispatchEvent(new CustomEvent("error", { detail: { message: "TokenExpired", errorCode: "403" } }));
  });
  await page.passes(minutes(5));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
});

const NAME_OF_JO = `powerbi-token-keeper:${createHash("sha256").update("jo").digest("hex")}`;

story("20,000 messages of a tab that are no better token change nothing and ask for nothing", async (told) => {
  const { page, source, keeper, frame } = told;
  await page.embeds();
  const first = source.newest;
  await keeper.keeps({ shareKey: "jo" });
  const older = source.mint({ lifetime: minutes(20) });
  await page.run(
    ([name, text]) => {
      const channel = new BroadcastChannel(name);
      for (let i = 0; i < 20_000; i++) {
        const token = i % 2 ? text : `H4sI${i}`.padEnd(4000, "A");
        channel.postMessage({ token, expiration: Date.now() + (i % 3 ? 9e7 : 4e12), contents: [i] });
      }
      return new Promise((done) => {
        const echo = new BroadcastChannel(name);
        echo.onmessage = ({ data }) => data === "last" && done();
        channel.postMessage("last");
      });
    },
    [NAME_OF_JO, older.text],
  );
  await page.passes(minutes(1));
  await frame.expectHolds(first);
  await keeper.expectState("fresh");
  assert.deepEqual(await keeper.events("refreshfailed"), []);
  source.expectRequests(0);
});

story("a script that steals the lock again and again delays a request by five seconds", async (told) => {
  const { page, source, keeper } = told;
  await page.run((name) => {
    const steal = () => navigator.locks.request(name, { steal: true }, () => new Promise(() => {})).catch(() => {});
    setInterval(steal, 1000);
    return steal() && undefined;
  }, NAME_OF_JO);
  await keeper.starts({ shareKey: "jo" });
  for (let i = 1; i <= 3; i++) {
    const asked = await keeper.calls(i === 1 ? "getToken" : "refresh");
    for (let step = 0; step < 8 && (await asked.now()).state === "pending"; step++) await page.passes(seconds(1));
    assert.equal((await asked.now()).state, "fulfilled");
    source.expectRequests(i);
    await page.passes(minutes(1));
  }
});

story("a token that unpacks to a gigabyte is refused, and the good one stays", async (told) => {
  const { page, source, keeper, frame, clock } = told;
  await page.embeds();
  await keeper.keeps();
  const first = source.newest;
  // a megabyte of zeros is a kilobyte; repeated members of gzip are one stream
  const megabyte = gzipSync(Buffer.alloc(1_048_576), { level: 9 });
  const packed = Buffer.concat(Array.from({ length: 512 }, () => megabyte)).toString("base64url");
  const metadata = Buffer.from(JSON.stringify({ exp: Math.floor(clock.server / 1000) + 3600 })).toString("base64");
  source.next({ body: { token: `${packed}.${metadata}` } });
  const refreshed = await keeper.calls("refresh");
  await page.awaits("an answer", async () => (await refreshed.now()).state !== "pending");
  const { ok, code } = (await refreshed.now()).value;
  assert.deepEqual([ok, code], [false, "ERR_TOKEN_UNUSABLE"]);
  await frame.expectHolds(first);
});
