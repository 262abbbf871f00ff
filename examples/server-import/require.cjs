const assert = require("node:assert/strict");
const { TokenKeeper, diagnose } = require("powerbi-token-keeper");

const keeper = new TokenKeeper({ source: () => assert.fail("asked on a server") });
keeper.accessTokenProvider().then((token) => assert.equal(token, null));
diagnose({ type: "report", tokenType: 1 }).then(([{ code }]) => assert.equal(code, "token-missing"));
