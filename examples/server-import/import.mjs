// A server: importing and constructing does nothing, and the hook gives null.
import assert from "node:assert/strict";
import { keepFresh, TokenKeeper } from "powerbi-token-keeper";
import * as csp from "powerbi-token-keeper/csp";

for (const Keeper of [TokenKeeper, csp.TokenKeeper]) {
  const keeper = new Keeper({ source: () => assert.fail("asked on a server") });
  assert.equal(await keeper.accessTokenProvider(), null);
  assert.equal(keeper.status.engine, "none");
  keeper.stop();
}
assert.equal(typeof keepFresh, "function");
