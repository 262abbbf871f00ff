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
