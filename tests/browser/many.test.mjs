// Ten thousand embeds on one keeper, a thousand keepers on one page: one timer, and the page has its turn in between.
// How long the slices take is a figure: `npm run bench -- many`.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";

/** Makes containers whose embeds answer at once, and counts how many were called in one task of the page's. */
const MAKE = `(count) => {
  window.most = 0;
  let task = 0;
  const called = () => {
    if (task === 0) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { port1.close(); task = 0; };
      port2.postMessage(0);
    }
    window.most = Math.max(window.most, ++task);
  };
  window.got = 0;
  window.many = Array.from({ length: count }, () => {
    const config = { type: "report", tokenType: 1, accessToken: stage.embeds.report.config.accessToken };
    const embed = { element: document.createElement("div"), config, calls: 0, setAccessToken(token) {
      called();
      if (++embed.calls === 1) window.got += 1;
      config.accessToken = token;
      return Promise.resolve();
    } };
    return (embed.element.powerBiEmbed = embed);
  });
}`;

const made = (page, count) => page.run(`(${MAKE})(${count})`);
const get = (page, count) => page.waitsUntil(`the token in ${count} embeds`, (all) => window.got === all, count);

/** Attaches them all and has them refreshed: by one request, a slice at a time, with one timer. */
async function refreshesAll(count, { page, source, keeper }) {
  await keeper.starts();
  await page.run(() => window.many.forEach((embed) => void stage.keepers.keeper.attach(embed)));
  await keeper.says("statechange");
  assert.equal((await keeper.status()).embeds, count);
  assert.equal(await page.timers(), 1);
  await page.passes(seconds(2));
  const asked = await keeper.calls("refresh");
  await get(page, count);
  await asked.settles();
  assert.equal((await asked.now()).state, "fulfilled");
  source.expectRequests(1);
  assert.equal(source.requests[0].body.embeds.length, count);
  assert.ok((await page.run(() => window.most)) <= 64, "calls in one task");
  assert.equal((await keeper.events("refreshed"))[0].detail.embeds, count);
  assert.equal(await page.timers(), 1);
}

story("10,000 embeds: one request, one timer, one call each, a slice at a time", async (told) => {
  const { page, keeper } = told;
  await page.embeds();
  await made(page, 10_000);
  await refreshesAll(10_000, told);
  await keeper.stops();
  assert.equal(await page.timers(), 0);
});

story("2,000 embeds with content and tokens of their own: a slice at a time too", async (told) => {
  const { page, source } = told;
  await page.embeds();
  await made(page, 2_000);
  await page.run(() => {
    const [data, metadata] = stage.embeds.report.config.accessToken.split(".");
    const { exp, ...rest } = JSON.parse(atob(metadata));
    for (const [n, { config }] of window.many.entries()) {
      config.id = `report ${n}`;
      config.accessToken = `${data}.${btoa(JSON.stringify({ ...rest, exp: exp + n }))}`;
    }
  });
  await refreshesAll(2_000, told);
  assert.equal(new Set(source.requests[0].body.embeds.map(({ id }) => id)).size, 2_000);
});

story("10,000 embeds that are attached in a row are read a slice at a time", async ({ page, keeper }) => {
  await page.embeds();
  await made(page, 10_000);
  await keeper.starts();
  await page.run(() => {
    window.mostRead = 0;
    let read = new Set();
    for (const embed of window.many) {
      const { config } = embed;
      Object.defineProperty(embed, "config", {
        get: () => {
          if (read.size === 0) {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => {
              port1.close();
              read = new Set();
            };
            port2.postMessage(0);
          }
          window.mostRead = Math.max(window.mostRead, read.add(embed).size);
          return config;
        },
      });
      stage.keepers.keeper.attach(embed);
    }
  });
  await keeper.says("statechange");
  assert.equal((await keeper.status()).embeds, 10_000);
  const most = await page.run(() => window.mostRead);
  // the keeper asks for its next slice before it begins one, so that two may pass before the count begins anew
  assert.ok(most >= 1 && most <= 2 * 64, `${most} embeds were read in one task`);
});

story("no port is left open by tasks of the keeper's own", async ({ page, keeper }) => {
  await page.embeds();
  await made(page, 1_000);
  await page.run(() => {
    const { MessageChannel: Native } = window;
    const { close } = MessagePort.prototype;
    window.openPorts = new Set();
    window.MessageChannel = class extends Native {
      constructor() {
        super();
        window.openPorts.add(this.port1);
      }
    };
    MessagePort.prototype.close = function () {
      window.openPorts.delete(this);
      close.call(this);
    };
  });
  await keeper.starts();
  await page.run(() => window.many.forEach((embed) => void stage.keepers.keeper.attach(embed)));
  await keeper.says("statechange");
  await page.rests();
  assert.equal(await page.run(() => window.openPorts.size), 0);
});

story("one of many that hangs and one that throws delay none of the others", async ({ page, keeper }) => {
  await page.embeds();
  await made(page, 200);
  await page.run(() => {
    window.many[0].setAccessToken = () => new Promise(() => {});
    window.many[1].setAccessToken = () => {
      throw new Error("no");
    };
  });
  await keeper.starts();
  await page.run(() => window.many.forEach((embed) => void stage.keepers.keeper.attach(embed)));
  await page.passes(seconds(2));
  await keeper.calls("refresh");
  await get(page, 198);
  await page.passes(seconds(11));
  const failed = (await keeper.events("applyfailed")).map(({ detail }) => detail.code);
  assert.ok(failed.includes("ERR_APPLY_TIMEOUT") && failed.includes("ERR_APPLY_REJECTED"), String(failed));
});

story(
  "1,000 keepers: one timer and five listeners of the page for all of them, none after their stop",
  async ({ page, source, keeper }) => {
    await page.embeds();
    await made(page, 1_000);
    await keeper.starts();
    const ofPage = async () => (await page.listeners()).filter((one) => /^(window|document) /.test(one));
    const before = await ofPage();
    await page.run(() => {
      window.keepers = window.many.map((embed) => K.keepFresh(embed, { source: () => "nothing" }));
    });
    await page.waitsUntil("the start of all", () => window.keepers.every(({ status }) => status.state === "fresh"));
    assert.equal(await page.timers(), 1);
    assert.equal((await ofPage()).length, before.length + 5);
    await page.passes(minutes(2));
    assert.equal(await page.timers(), 1);
    await page.run(() => window.keepers.forEach((one) => void one.stop()));
    assert.equal(await page.timers(), 0);
    assert.deepEqual(await ofPage(), before);
    source.expectRequests(0);
  },
);
