// An engine that traps: the keeper ends, says so once, and the page goes on.

import assert from "node:assert/strict";
import { ENGINE } from "./lib/site.mjs";
import { story } from "./lib/story.mjs";

for (const method of ["provide", "obtain", "refresh", "status", "attach"]) {
  story(`an engine that traps in ${method} is ERR_CRASHED once, and every promise settles`, async ({ page, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.run(async ([name, engine]) => {
      const { Door } = await (await import(`/dist/engine-${engine}.js`)).start();
      Door.prototype[name] = () => {
        throw new WebAssembly.RuntimeError("unreachable");
      };
    }, [method, ENGINE]);
    const results = await page.run(async (which) => {
      const it = stage.keepers.keeper ?? Object.values(stage.keepers)[0];
      const { status } = it;
      if (which === "attach") it.attach(document.body.appendChild(document.createElement("div")));
      const settled = await Promise.all([it.accessTokenProvider(), it.refresh(), it.getToken().catch(({ name, code }) => ({ name, code }))]);
      it.stop();
      return { settled, state: status.state, after: it.status, again: await it.accessTokenProvider() };
    }, method);
    assert.equal(results.after.state, "stopped");
    assert.equal(results.after.lastErrorCode, "ERR_CRASHED");
    assert.equal(results.again, null);
    // what came after the trap knows of it; what came before may have been answered
    const crashed = { ok: false, code: "ERR_CRASHED" };
    if (["provide", "status", "attach"].includes(method)) assert.deepEqual(results.settled, [null, crashed, { name: "KeeperError", code: "ERR_CRASHED" }]);
    if (method === "refresh") assert.deepEqual(results.settled[1], crashed);
    const failures = (await keeper.events("refreshfailed")).map(({ detail }) => detail.code);
    assert.equal(failures.filter((code) => code === "ERR_CRASHED").length, 1);
  });
}
