// The log's lines for the keeper's events.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { build } from "esbuild";
import { fromRoot } from "../../scripts/lib/run.mjs";

let lines;
before(async () => {
  const { outputFiles } = await build({
    entryPoints: [fromRoot("www/src/pane/event-text.ts")],
    bundle: true,
    write: false,
    format: "esm",
  });
  const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
  ({ EVENT_TEXT: lines } = await import(module));
});

const FAILED = { reason: "poll", code: "ERR_SOURCE_DENIED", attempt: 1, retryInMs: 300_000, status: 401, findings: [] };

test("a failed refresh: what failed, the status, and when it is tried again", () => {
  const { kind, tone, text } = lines.refreshfailed(FAILED);
  assert.deepEqual([kind, tone], ["refresh", "warn"]);
  assert.equal(text, "No new token: access was denied, sign in again (401). Retry in 300 s.");
});

test("a failed refresh that the keeper explains: why, and the fix of the likeliest cause", () => {
  const cause = (code, verdict) => ({ code, severity: "error", message: "m", fix: `Fix ${code}.`, verdict });
  const explanation = {
    error: "invalid_client",
    summary: "Entra ID rejects the client secret.",
    causes: [cause("throttled", "ruled-out"), cause("backend-credentials", "confirmed")],
    refreshHelps: false,
  };
  assert.equal(
    lines.refreshfailed({ ...FAILED, retryInMs: null, explanation }).text,
    "No new token: access was denied, sign in again (401). " +
      "Entra ID rejects the client secret. Fix backend-credentials.",
  );
});
