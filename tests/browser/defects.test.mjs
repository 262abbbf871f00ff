// Scenarios that `npm run mutants` found missing: each notices a defect that all others let pass.

import assert from "node:assert/strict";
import { seconds, story } from "./lib/story.mjs";

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
