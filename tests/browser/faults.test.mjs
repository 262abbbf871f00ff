// A source that is slow, down, strict or wrong: the old token stays, requests stay few, and the first good answer ends
// it.

import assert from "node:assert/strict";
import { hours, minutes, seconds, START, story as plainStory } from "./lib/story.mjs";

/** A failure is raised when it is explained: with the diagnosis loaded before, as soon as it happens. */
const story = (name, tell, unlike) =>
  plainStory(
    name,
    async (told) => {
      await told.page.run(async () => {
        const { explain } = await import("/dist/index.js");
        await explain({});
      });
      await tell(told);
    },
    unlike,
  );

const WINDOW_IS_OPEN = minutes(52);

story(
  "a source that takes 95 s is waited for when sourceTimeoutMs allows it, and asked once",
  async ({ page, source, frame, keeper }) => {
    source.always({ delayMs: seconds(95) });
    await page.embeds();
    await keeper.keeps({ sourceTimeoutMs: 120_000 });
    await page.passes(WINDOW_IS_OPEN);
    source.expectRequests(1);
    for (const event of ["focus", "online"]) await page.hears("window", event);
    await page.passes(minutes(2));
    source.expectRequests(1);
    assert.equal(source.mostInFlight, 1);
    await frame.expectHolds(source.tokens[1]);
    assert.equal((await keeper.events("refreshfailed")).length, 0);
  },
);

story(
  "a source that takes 95 s is given up after 30 s, never asked twice at once, and used once it is fast again",
  async ({ page, source, frame, keeper }) => {
    source.always({ delayMs: seconds(95) });
    await page.embeds();
    await keeper.keeps();
    await page.passesUntilAsked(1, WINDOW_IS_OPEN);
    await page.passes(seconds(30) - 1);
    assert.equal((await keeper.events("refreshfailed")).length, 0);
    await page.passes(1);
    const [{ detail }] = await keeper.events("refreshfailed");
    assert.equal(detail.code, "ERR_SOURCE_TIMEOUT");
    assert.equal(source.waiting(), 0, "the request was aborted");

    await page.passes(minutes(4));
    assert.ok(source.requests.length > 2, "it is asked again");
    assert.equal(source.mostInFlight, 1);
    await frame.expectHolds(source.tokens[0]);

    source.always();
    await page.passes(minutes(2));
    await frame.expectHolds(source.newest);
    await keeper.expectState("fresh");
  },
);

story(
  "an outage inside the window: retries with backoff, the old token stays, then it is fresh again",
  async ({ page, source, frame, keeper }) => {
    source.always({ drop: true });
    await page.embeds();
    await keeper.keeps();
    await page.passesUntilAsked(1, WINDOW_IS_OPEN);
    await keeper.expectState("retrying");
    await page.passes(minutes(4));
    await keeper.expectState("retrying");
    await frame.expectHolds(source.tokens[0]);
    assert.equal(await page.configToken(), source.tokens[0].text);
    const failures = await keeper.events("refreshfailed");
    for (const [i, { detail, at }] of failures.entries()) {
      const { reason, code, attempt, retryInMs, findings } = detail;
      assert.deepEqual(
        { reason, code, attempt, findings },
        { reason: i ? "retry" : "poll", code: "ERR_SOURCE_NETWORK", attempt: i + 1, findings: [] },
      );
      // a third of the time that is left, 45 s at most, give or take a quarter
      assert.ok(retryInMs >= seconds(30) && retryInMs <= seconds(60), `${retryInMs} ms before attempt ${i + 2}`);
      const next = source.requests[i + 1]?.at;
      if (next !== undefined) assert.ok(Math.abs(START + next - at - retryInMs) <= 1, "it retries when it said");
    }
    assert.ok(failures.length >= 4 && failures.length <= 10, `${failures.length} attempts in four minutes`);

    source.always();
    await page.passesUntil(async () => (await keeper.status()).state === "fresh", minutes(5));
    await frame.expectHolds(source.newest);
    await keeper.expectState("fresh");
    const [{ detail }] = await keeper.events("refreshed");
    assert.equal(detail.reason, "retry");
    assert.equal(detail.attempt, failures.length + 1);
    assert.deepEqual(await keeper.states(), [
      "fresh",
      ...failures.flatMap(() => ["refreshing", "retrying"]),
      "refreshing",
      "fresh",
    ]);
    assert.equal((await keeper.events("expired")).length, 0);
  },
);

story(
  "an outage beyond the end: expired once, and fresh with the first answer",
  async ({ page, source, frame, keeper }) => {
    source.lives(minutes(4));
    source.always({ drop: true });
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(10));
    assert.deepEqual(
      (await keeper.events("expired")).map(({ detail }) => detail),
      [{ expiresAt: source.tokens[0].expiresAt }],
    );
    assert.ok((await keeper.states()).includes("expired"));
    source.always();
    await page.passesUntil(async () => (await keeper.status()).state === "fresh", minutes(5));
    await frame.expectHolds(source.newest);
    assert.equal((await keeper.events("expired")).length, 1);
  },
);

story(
  "a network that is not up yet after waking is tried after 1, 2, 4 and 8 s",
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(1));
    await page.hides();
    await page.sleepsUncounted(hours(3));
    source.next(...Array(4).fill({ drop: true }));
    await page.shows();
    await page.passes(seconds(16));
    const first = source.requests[0].at;
    assert.deepEqual(
      source.requests.map(({ at }) => at - first),
      [0, 1, 3, 7, 15].map(seconds),
    );
    await frame.expectHolds(source.newest);
  },
);

for (const [status, steps] of [
  [401, [5, 10, 20, 40, 60, 60]],
  [403, [5, 10]],
]) {
  story(`${status}: denied, five minutes, doubling to an hour`, async ({ page, source, frame, keeper }) => {
    source.lives(hours(8));
    source.always({ status, body: "" });
    await page.embeds();
    await keeper.keeps({ leadMs: hours(4), pollIntervalMs: minutes(10) });
    await page.passesUntilAsked(1, hours(5));
    await keeper.expectState("denied");
    const [{ detail }] = await keeper.events("refreshfailed");
    assert.deepEqual([detail.code, detail.status, detail.retryInMs], ["ERR_SOURCE_DENIED", status, minutes(5)]);
    for (const step of steps) await page.passes(minutes(step));
    assert.deepEqual(gaps(source), steps.map(minutes));
    assert.equal(await frame.count("POST /report/load"), 1, "nothing is reloaded");
    await frame.expectHolds(source.tokens[0]);

    source.always();
    await page.passes(hours(1));
    await keeper.expectState("fresh");
    await frame.expectHolds(source.newest);
  });
}

for (const [name, tries] of [
  [
    "a page that becomes visible",
    async ({ page }) => {
      await page.hides();
      await page.shows();
    },
  ],
  ["refresh()", ({ keeper }) => keeper.calls("refresh")],
]) {
  story(`while denied, ${name} tries at once`, async ({ page, source, frame, keeper }) => {
    source.next({ status: 401, body: "" });
    await page.embeds();
    await keeper.keeps();
    await page.passesUntilAsked(1, WINDOW_IS_OPEN);
    await page.passes(seconds(30));
    source.expectRequests(1);
    await tries({ page, keeper });
    source.expectRequests(2);
    await frame.expectHolds(source.newest);
    await keeper.expectState("fresh");
  });
}

for (const [name, header, least, most = least * 1.1] of [
  ["seconds", () => "90", seconds(90)],
  ["an HTTP date", (clock) => new Date(clock.server + seconds(200)).toUTCString(), seconds(200)],
  ["more than an hour", () => "86400", hours(1)],
  ["zero", () => "0", seconds(1)],
  // the ordinary pause while a token is good, half a minute at least
  ["nothing", () => undefined, seconds(30), seconds(60)],
  ["nonsense", () => "soon", seconds(30), seconds(60)],
]) {
  story(`429 with Retry-After of ${name}`, async ({ page, source, frame, keeper, clock }) => {
    source.lives(hours(3));
    await page.embeds();
    await keeper.keeps({ leadMs: hours(1.5) });
    // a whole second, since an HTTP date has no smaller parts
    await page.passes(minutes(10));
    const headers = header(clock) === undefined ? {} : { "retry-after": header(clock) };
    source.next({ status: 429, headers, body: "" });
    await keeper.calls("refresh");
    source.expectRequests(1);
    const [{ detail }] = await keeper.events("refreshfailed");
    const wait = detail.retryInMs;
    assert.deepEqual([detail.code, detail.status], ["ERR_SOURCE_THROTTLED", 429]);
    assert.ok(wait >= least && wait <= most, `${wait} ms`);
    await page.passes(wait - 1);
    source.expectRequests(1);
    await page.passes(1);
    source.expectRequests(2);
    await frame.expectHolds(source.newest);
  });
}

story(
  "a throttled source is not asked sooner because the page comes back or refresh() is called",
  async ({ page, source, keeper }) => {
    source.next({ status: 429, headers: { "retry-after": "600" }, body: "" });
    await page.embeds();
    await keeper.keeps();
    await page.passesUntilAsked(1, WINDOW_IS_OPEN);
    await page.hides();
    await page.shows();
    const call = await keeper.calls("refresh");
    await page.passes(minutes(5));
    source.expectRequests(1);
    assert.deepEqual((await call.now()).value, { ok: false, code: "ERR_SOURCE_THROTTLED" });
  },
);

story("503 is a throttle, any other status is an error of its own", async ({ page, source, keeper }) => {
  source.next({ status: 503, body: "" }, { status: 500, body: "" }, { status: 404, body: "" });
  await page.embeds();
  await keeper.keeps();
  await page.passes(WINDOW_IS_OPEN + minutes(2));
  const failures = (await keeper.events("refreshfailed")).map(({ detail: { code, status } }) => [code, status]);
  assert.deepEqual(failures, [
    ["ERR_SOURCE_THROTTLED", 503],
    ["ERR_SOURCE_STATUS", 500],
    ["ERR_SOURCE_STATUS", 404],
  ]);
});

// ---- answers that are no use --------------------------------------------------------------------------------------

const html = "<!doctype html><title>Sign in</title><p>Please sign in</p>";
const USELESS = [
  ["the same token again", "ERR_TOKEN_SAME", (source) => ({ token: source.tokens[0] })],
  ["an older token", "ERR_TOKEN_OLDER", (source) => ({ token: source.mint({ lifetime: minutes(5) }) })],
  ["an expired token", "ERR_TOKEN_EXPIRED", (source) => ({ token: source.mint({ lifetime: -minutes(1) }) })],
  ["a token of the other kind", "ERR_TOKEN_TYPE", (source) => ({ token: source.mint({ kind: "aad" }) })],
  ["no token", "ERR_SOURCE_ANSWER", () => ({ body: { hello: "world" } })],
  ["nothing at all", "ERR_SOURCE_ANSWER", () => ({ body: "" })],
  ["an HTML page", "ERR_SOURCE_ANSWER", () => ({ headers: { "content-type": "text/html" }, body: html })],
  ["2 MB", "ERR_SOURCE_ANSWER", () => ({ body: { padding: "x".repeat(2 * 1024 * 1024) } })],
  [
    "a redirect to a sign-in page",
    "ERR_SOURCE_NETWORK",
    () => ({ status: 302, headers: { location: "https://host.test/api/signin" }, body: "" }),
  ],
];
for (const [name, code, step] of USELESS) {
  story(`${name}: ${code}, and the old token stays`, async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(48));
    await expectRefused({ page, source, frame, keeper, code, step: step(source) });
  });
}

story("an answer just under 1 MiB is read", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  const token = source.mint();
  const body = { ...source.answerOf(token), padding: "" };
  body.padding = "x".repeat(1024 * 1024 - JSON.stringify(body).length);
  source.next({ body });
  const call = await keeper.calls("refresh");
  assert.deepEqual((await call.now()).value, { ok: true, expiresAt: token.expiresAt });
  await frame.expectHolds(token);
});

for (const [name, step] of [
  ["of an error", { status: 500, body: "x".repeat(100_000) }],
  ["that is too long", { body: "x".repeat(2 * 1024 * 1024) }],
]) {
  story(`the body ${name} is cancelled, so that the browser loads no more of it`, async ({ page, source, keeper }) => {
    await page.run(() => {
      window.cancelled = 0;
      for (const { prototype } of [ReadableStream, ReadableStreamDefaultReader]) {
        const { cancel } = prototype;
        prototype.cancel = function (...args) {
          window.cancelled += 1;
          return cancel.apply(this, args);
        };
      }
    });
    await page.embeds();
    await keeper.keeps();
    source.next(step);
    const call = await keeper.calls("refresh");
    assert.equal((await call.now()).value.ok, false);
    assert.equal(await page.run(() => window.cancelled), 1);
  });
}

for (const [name, claims] of [
  ["another user's token", { userId: "7d1c0de0-5eed-4a11-9b0b-0c0ffee0beef" }],
  ["another tenant's token", { tenantId: "7d1c0de0-5eed-4a11-9b0b-0c0ffee0beef" }],
]) {
  story(`${name}: ERR_TOKEN_SUBJECT, and the old token stays`, async ({ page, source, frame, keeper }) => {
    source.kind = "aad";
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(1));
    await expectRefused({
      page,
      source,
      frame,
      keeper,
      code: "ERR_TOKEN_SUBJECT",
      step: { token: source.mint(claims) },
    });
  });
}

async function expectRefused({ page, source, frame, keeper, code, step }) {
  const held = source.tokens[0];
  source.next(step);
  // refresh() would take another user's token, and one that ends earlier
  const isTakenByRefresh = ["ERR_TOKEN_OLDER", "ERR_TOKEN_SUBJECT"].includes(code);
  const call = isTakenByRefresh ? undefined : await keeper.calls("refresh");
  if (isTakenByRefresh) await page.passesUntilAsked(1, WINDOW_IS_OPEN);
  // the diagnosis of a refused token is loaded first
  await keeper.says("refreshfailed");
  const [{ detail }] = await keeper.events("refreshfailed");
  assert.equal(detail.code, code);
  const finding = { ERR_TOKEN_TYPE: "token-type-mismatch", ERR_TOKEN_EXPIRED: "token-expired" }[code];
  if (finding)
    assert.ok(
      detail.findings.some((one) => one.code === finding),
      JSON.stringify(detail.findings),
    );
  if (code === "ERR_TOKEN_UNUSABLE")
    assert.ok(
      detail.findings.some((one) => one.severity === "error"),
      JSON.stringify(detail.findings),
    );
  assert.equal(detail.attempt, 1);
  assert.ok(detail.retryInMs >= 0);
  if (call) assert.deepEqual((await call.now()).value, { ok: false, code });
  await frame.expectHolds(held);
  assert.equal(await page.configToken(), held.text);
  assert.equal((await keeper.status()).lastErrorCode, code);
  // and the first good answer ends it
  await page.passes(minutes(2));
  await frame.expectHolds(source.newest);
  assert.notEqual(await page.configToken(), held.text);
  assert.equal((await keeper.status()).lastErrorCode, null);
}

// ---- sources that are functions ------------------------------------------------------------------------------------

for (const [name, code, options] of [
  [
    "throws",
    "ERR_SOURCE_THREW",
    () => ({
      source: () => {
        throw new Error("out of order");
      },
    }),
  ],
  [
    "throws nothing",
    "ERR_SOURCE_THREW",
    () => ({
      source: () => {
        throw undefined;
      },
    }),
  ],
  ["rejects", "ERR_SOURCE_THREW", () => ({ source: () => Promise.reject(new Error("out of order")) })],
  ["hangs", "ERR_SOURCE_TIMEOUT", () => ({ source: () => new Promise(() => {}) })],
  [
    "answers rubbish",
    "ERR_SOURCE_ANSWER",
    () => ({ source: () => ({ then: 7, a: [null, 3n, Symbol("x"), () => {}] }) }),
  ],
  ["answers undefined", "ERR_SOURCE_ANSWER", () => ({ source: () => undefined })],
  [
    "answers a getter that throws",
    "ERR_SOURCE_ANSWER",
    () => ({
      source: () => ({
        get token() {
          throw new Error("no");
        },
      }),
    }),
  ],
]) {
  story(`a source function that ${name}: ${code}`, async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps(options);
    const call = await keeper.calls("refresh");
    await page.passes(seconds(30));
    assert.deepEqual((await call.now()).value, { ok: false, code });
    assert.equal((await keeper.events("refreshfailed"))[0].detail.code, code);
    await frame.expectHolds(source.tokens[0]);
  });
}

story(
  "a source function is told why, for which embeds, and when its answer has become useless",
  async ({ page, source, keeper }) => {
    await page.embeds();
    await keeper.keeps(() => {
      window.told = [];
      return { sourceTimeoutMs: 5000, source: (request) => new Promise(() => told.push(request)) };
    });
    await keeper.calls("refresh");
    const read = () =>
      page.run(() =>
        window.told.map(({ reason, attempt, embeds, signal }) => ({
          reason,
          attempt,
          embeds,
          aborted: signal.aborted,
        })),
      );
    const { id, groupId } = page.config();
    const embeds = [{ type: "report", id, groupId }];
    assert.deepEqual(await read(), [{ reason: "manual", attempt: 1, embeds, aborted: false }]);
    await page.passes(seconds(66));
    const [first, second] = await read();
    assert.equal(first.aborted, true);
    assert.deepEqual({ ...second, aborted: null }, { reason: "retry", attempt: 2, embeds, aborted: null });
    assert.equal(source.requests.length, 0);
  },
);

story("a storm of triggers stays within the budget", async ({ page, source, keeper }) => {
  source.always({ drop: true });
  await page.embeds();
  await keeper.keeps();
  for (let i = 0; i < 150; i += 1) {
    await page.run(() => {
      const { keeper: one } = stage.keepers;
      for (let n = 0; n < 5; n += 1) void one.refresh();
      void one.accessTokenProvider();
      for (const name of ["focus", "online"]) window.dispatchEvent(new Event(name));
    });
    await page.hides();
    await page.shows();
    await page.passes(seconds(4));
  }
  const most = 10 + (150 * 4) / 30 + 1;
  assert.ok(source.requests.length <= most, `${source.requests.length} requests in ten minutes, ${most} are allowed`);
  assert.ok((await keeper.events("refreshfailed")).some(({ detail }) => detail.code === "ERR_BUDGET"));
  source.always();
  await page.passes(minutes(6));
  await keeper.expectState("fresh");
});

const gaps = (source) => source.requests.slice(1).map(({ at }, i) => at - source.requests[i].at);
