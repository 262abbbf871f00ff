// `shareKey`: two tabs of one origin, with the browser's own locks and channel. Those keep real time; the tabs' clocks
// go on in small steps meanwhile.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { storyApart as story, seconds, minutes } from "./lib/story.mjs";

/** The lock and the channel of `shareKey: "jo"`. */
const NAME_OF_JO = `powerbi-token-keeper:${createHash("sha256").update("jo").digest("hex")}`;

/** The names of the locks that are held, and of those that are waited for. */
const locks = ({ page }) =>
  page.run(async () => {
    const { held, pending } = await navigator.locks.query();
    return [held, pending].map((all) => all.map(({ name }) => name));
  });

/** Both tabs live on, a step of time after the other, until it is so. */
async function untilBoth(tabs, what, met, { steps = 400, step = 50 } = {}) {
  for (; steps > 0; steps--) {
    for (const { page } of tabs) await page.rests();
    if (await met()) return;
    await tabs[0].page.passes(step);
  }
  assert.fail(`${what} did not happen`);
}

const fulfilled =
  (...asked) =>
  async () =>
    (await Promise.all(asked.map(({ now }) => now()))).every(({ state }) => state !== "pending");

story("two tabs that need a token at the same time make one request", async ({ page, keeper, source, opens }) => {
  const tabs = [{ page, keeper }, await opens()];
  for (const tab of tabs) await tab.keeper.starts({ shareKey: "jo" });
  const asked = [];
  for (const tab of tabs) asked.push(await tab.keeper.calls("getToken"));
  await untilBoth(tabs, "a token in both tabs", fulfilled(...asked));
  for (const one of asked) assert.equal((await one.now()).value, source.newest.text);
  source.expectRequests(1);
  assert.deepEqual(await locks(tabs[0]), [[], []], "no lock is left");
});

story(
  "over many lifetimes, two tabs ask as often as one, and both frames hold the newest token",
  async ({ page, keeper, source, frame, opens }) => {
    source.lives(minutes(10));
    const tabs = [{ page, keeper, frame }, await opens()];
    await page.embeds();
    await tabs[1].page.embeds({ token: source.newest });
    for (const tab of tabs) await tab.keeper.keeps({ shareKey: "jo" });
    for (let round = 1; round <= 3; round++) {
      await untilBoth(tabs, `request ${round}`, () => source.requests.length >= round, { steps: 80, step: seconds(5) });
      await untilBoth(tabs, "the token in both frames", async () => {
        const held = await Promise.all(tabs.map((tab) => tab.page.configToken()));
        return held.every((text) => text === source.newest.text);
      });
    }
    source.expectRequests(3);
  },
);

story(
  "tabs whose keys differ have nothing to do with each other",
  async ({ page, keeper, source, opens }) => {
    const tabs = [{ page, keeper }, await opens()];
    await tabs[0].keeper.starts({ shareKey: "jo" });
    await tabs[1].keeper.starts({ shareKey: "ada" });
    const asked = [];
    for (const tab of tabs) asked.push(await tab.keeper.calls("getToken"));
    await untilBoth(tabs, "a token in both tabs", fulfilled(...asked));
    source.expectRequests(2);
    const [one, other] = await Promise.all(asked.map(({ now }) => now()));
    assert.notEqual(one.value, other.value);
  },
  { keepers: 2 },
);

story(
  "without a shareKey nothing is shared, and the chunk is not loaded",
  async ({ page, keeper, source, opens }) => {
    const tabs = [{ page, keeper }, await opens()];
    const asked = [];
    for (const tab of tabs) {
      await tab.keeper.starts();
      asked.push(await tab.keeper.calls("getToken"));
    }
    await untilBoth(tabs, "a token in both tabs", fulfilled(...asked));
    source.expectRequests(2);
    assert.equal(
      await page.run(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/dist/tabs"))),
      false,
    );
  },
  { keepers: 2 },
);

story(
  "a tab that dies while it asks leaves the turn to the next",
  async ({ page, keeper, source, opens }) => {
    const dying = await opens();
    await dying.keeper.starts({ shareKey: "jo" });
    await keeper.starts({ shareKey: "jo" });
    source.next({ hang: true });
    await dying.keeper.calls("getToken");
    await untilBoth([dying], "the first request", () => source.requests.length === 1);
    const asked = await keeper.calls("getToken");
    await untilBoth([{ page }], "waiting for the turn", async () => (await locks({ page }))[1].length === 1);
    source.expectRequests(1);
    await dying.closes();
    await untilBoth([{ page }], "a token", fulfilled(asked));
    assert.equal((await asked.now()).value, source.newest.text);
    source.expectRequests(2);
  },
  { keepers: 2 },
);

story("a lock that is never granted is waited for five seconds", async ({ page, keeper, source }) => {
  await page.run((name) => void navigator.locks.request(name, () => new Promise(() => {})), NAME_OF_JO);
  await keeper.starts({ shareKey: "jo" });
  const asked = await keeper.calls("getToken");
  await page.passes(seconds(4.9));
  source.expectRequests(0);
  await untilBoth([{ page }], "a token", fulfilled(asked), { steps: 3 });
  assert.equal((await asked.now()).value, source.newest.text);
});

for (const [name, breakIt] of [
  ["a browser without locks", () => Object.defineProperty(Navigator.prototype, "locks", { value: undefined })],
  ["a browser without channels", () => delete window.BroadcastChannel],
  [
    "locks that are refused, as in a sandboxed frame",
    () => {
      LockManager.prototype.request = () => Promise.reject(new DOMException("no", "SecurityError"));
    },
  ],
]) {
  story(`${name}: the tab is alone, and gets its token`, async ({ page, keeper, source }) => {
    await page.run(`(${breakIt})()`);
    await keeper.starts({ shareKey: "jo" });
    const asked = await keeper.calls("getToken");
    await untilBoth([{ page }], "a token", fulfilled(asked), { steps: 10 });
    assert.equal((await asked.now()).value, source.newest.text);
  });
}

story("the tabs' chunk is missing: the tab is alone, and gets its token", async ({ page, keeper, source, site }) => {
  site.tabsMissing = true;
  await keeper.starts({ shareKey: "jo" });
  const asked = await keeper.calls("getToken");
  await untilBoth([{ page }], "a token", fulfilled(asked), { steps: 10 });
  assert.equal((await asked.now()).value, source.newest.text);
});

story(
  "malformed messages on the channel are ignored, and so is a token that is no better",
  async ({ page, keeper, source, frame }) => {
    await page.embeds();
    const first = source.newest;
    await keeper.keeps({ shareKey: "jo" });
    await page.run(
      ([same, nameOfJo]) => {
        const channel = new BroadcastChannel(nameOfJo);
        const odd = [
          null,
          undefined,
          5,
          "text",
          [],
          {},
          { token: 5, expiration: 5 },
          { token: "x" },
          { token: "x", expiration: NaN },
          { token: same, expiration: Date.now() + 9e7, contents: [] },
          { token: "undefined", expiration: Infinity, contents: [] },
          new Map([["token", "x"]]),
        ];
        for (const message of odd) channel.postMessage(message);
        return new Promise((done) => {
          const echo = new BroadcastChannel(nameOfJo);
          echo.onmessage = ({ data }) => data === "last" && done();
          channel.postMessage("last");
        });
      },
      [first.text, NAME_OF_JO],
    );
    await page.passes(minutes(1));
    await frame.expectHolds(first);
    await keeper.expectState("fresh");
    assert.deepEqual(await keeper.events("refreshfailed"), []);
  },
);

for (const [name, spoil] of [
  ["that is longer than any", (news) => ({ ...news, token: "H4sI".padEnd(65_537, "A") })],
  ["for content that is no number", (news) => ({ ...news, contents: ["x"] })],
]) {
  story(`another tab's token ${name} is not looked at`, async ({ page, keeper, source }) => {
    await keeper.starts({ shareKey: "jo" });
    const { text, expiresAt } = source.mint();
    await page.run(
      ([nameOfJo, news]) => {
        const channel = new BroadcastChannel(nameOfJo);
        channel.postMessage(news);
        // what is posted before the mark of this tab's turn arrives before it
        channel.close();
      },
      [NAME_OF_JO, spoil({ token: text, expiration: expiresAt, contents: [] })],
    );
    const asked = await keeper.calls("getToken");
    await untilBoth([{ page }], "a token", fulfilled(asked), { steps: 10 });
    source.expectRequests(1);
    assert.equal((await asked.now()).value, source.newest.text);
  });
}

story("another tab's own mark does not end the wait for what the tab before had to tell", async (told) => {
  const { page, keeper, source } = told;
  await keeper.starts({ shareKey: "jo" });
  const { text, expiresAt } = source.mint();
  // before the mark that this tab posts to itself, another tab's and then its news arrive
  await page.run(
    (news) => {
      const { postMessage } = BroadcastChannel.prototype;
      BroadcastChannel.prototype.postMessage = function (message) {
        if (typeof message === "string") for (const one of ["barrier 0,0,0,0", news]) postMessage.call(this, one);
        postMessage.call(this, message);
      };
    },
    { token: text, expiration: expiresAt, contents: [] },
  );
  const asked = await keeper.calls("getToken");
  await untilBoth([{ page }], "a token", fulfilled(asked), { steps: 10 });
  assert.equal((await asked.now()).value, text);
  source.expectRequests(0);
});

story("after stop the lock is free and the channel is closed", async ({ page, keeper, source }) => {
  await page.run(() => {
    const { BroadcastChannel: Native } = window;
    window.open = new Set();
    window.BroadcastChannel = class extends Native {
      constructor(name) {
        super(name);
        window.open.add(this);
      }
      close() {
        window.open.delete(this);
        super.close();
      }
    };
  });
  const channels = () => page.run(() => window.open.size);
  await keeper.starts({ shareKey: "jo" });
  source.always({ hang: true });
  await keeper.calls("getToken");
  await untilBoth([{ page }], "the request", () => source.requests.length === 1);
  assert.equal((await locks({ page }))[0].length, 1);
  assert.equal(await channels(), 1, "its own, and none of those that it posts its marks with");
  await keeper.stops();
  await page.awaits("the lock's end", async () => (await locks({ page })).flat().length === 0);
  await page.awaits("the channel's end", async () => (await channels()) === 0);
});
