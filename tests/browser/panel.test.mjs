// The demo's diagnosis page, as its backend serves it: what is pasted is judged, masked and forgotten, and the page
// has no destination it could be sent to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { existsSync, readFileSync } from "node:fs";
import { launch } from "./lib/browser.mjs";
import { createServer } from "../../www/dist-server/server.js";
import { expectNoToken } from "./lib/story.mjs";

const VECTORS = JSON.parse(readFileSync(new URL("../data/token-vectors.json", import.meta.url), "utf8"));
const NOW = VECTORS.now * 1000;
const REPORT = "5d9c4b5a-1111-4aaa-8bbb-000000000001";
const CLUSTER = Buffer.from('{"clusterUrl":"https://WABI-WEST-EUROPE-redirect.analysis.windows.net"}').toString(
  "base64",
);
const ADDRESS = `https://app.powerbi.com/reportEmbed?reportId=${REPORT}&config=${CLUSTER}`;
const RESOLVE = "{ message: 'LoadReportFailed', detailedMessage: 'Could not resolve cluster', errorCode: '403', }";
const vector = (name) => VECTORS.vectors.find((one) => one.name === name).pieces.join("");
const config = (token, type) =>
  `{ type: 'report', tokenType: models.TokenType.${type}, accessToken: '${token}',` +
  ` id: "${REPORT}", embedUrl: '${ADDRESS}', }`;

let browser;
let server;
let origin;
const arrived = [];
before(async () => {
  assert.ok(
    existsSync(new URL("../../www/dist/diagnose.html", import.meta.url)),
    "the demo is not built: npx vite build www",
  );
  server = createServer();
  server.server.on("request", ({ method, url }) => arrived.push(`${method} ${url}`));
  origin = await server.listen({ port: 0, host: "127.0.0.1" });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** One visit. It ends with a search for the tokens in everything that the page shows, keeps, says or asks for. */
function visit(name, tell, { tokens = [], refused = false } = {}) {
  test(name, { timeout: 60_000 }, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    try {
      const page = await context.newPage();
      const said = [];
      const asked = [];
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(String(error.stack)));
      context.on("request", (request) =>
        asked.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData()}`),
      );
      await page.clock.setFixedTime(NOW);
      await page.goto(`${origin}/diagnose.html`);
      await tell({ page });
      for (const text of [await left(page), ...said, ...asked])
        expectNoToken(
          text,
          tokens.map((token) => ({ text: token })),
        );
      if (!refused) {
        assert.deepEqual(said, [], "the console");
        const strange = asked.filter(
          (one) => !/^http:\/\/127\.0\.0\.1:\d+\/(diagnose\.html|assets\/[\w-]+\.(js|css)) /.test(one),
        );
        assert.deepEqual(strange, [], "requests for anything but the page's own files");
      }
    } finally {
      await context.close();
    }
  });
}

const left = (page) =>
  page.evaluate(async () =>
    JSON.stringify({
      html: document.documentElement.outerHTML,
      fields: [...document.querySelectorAll("textarea, input")].map((field) => [field.value, field.defaultValue]),
      local: { ...localStorage },
      session: { ...sessionStorage },
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
      cookie: document.cookie,
      url: location.href,
      name: window.name,
      history: history.state,
      globals: Object.entries(window).filter(([, value]) => typeof value === "string"),
    }),
  );

async function check(page, subject, error = "") {
  await page.getByLabel("Embed configuration, token or GenerateToken request").fill(subject);
  await page.getByLabel("Error, if there is one").fill(error);
  await page.locator("#status").evaluate((status) => {
    status.textContent = "";
  });
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.waitForFunction(() =>
    /^(Checked: |This could not|The token has|Nothing to)/.test(document.querySelector("#status").textContent),
  );
}

const codes = (page, within = "#report") =>
  page.locator(`${within} li[data-code]`).evaluateAll((items) => items.map((item) => item.dataset.code));
const field = (page, id = "subject") => page.locator(`#${id}`).inputValue();

test("the page's policy names no destination, as a header and in the page", async () => {
  const answer = await fetch(`${origin}/diagnose.html`);
  const parse = (text) => Object.fromEntries(text.split(";").map((rule) => rule.trim().split(/\s+(.*)/s)));
  const policy = parse(answer.headers.get("content-security-policy"));
  assert.deepEqual(policy, {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "data:",
    "connect-src": "'none'",
    "frame-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
    "frame-ancestors": "'none'",
  });
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  const meta = /http-equiv="Content-Security-Policy" content="([^"]*)"/
    .exec(await answer.text())[1]
    .replaceAll("&#39;", "'");
  delete policy["frame-ancestors"];
  assert.deepEqual(parse(meta), policy);
  // the demo itself still talks to its backend
  assert.match((await fetch(`${origin}/index.html`)).headers.get("content-security-policy"), /connect-src 'self'/);
});

const ALONE = [
  ["aad_user_v1", "Entra access token", []],
  ["aad_user_v1_portal", "Entra access token", ["copied-from-portal"]],
  ["embed_2023", "Embed token", []],
  ["embed_truncated", "Embed token", ["token-damaged"]],
  ["embed_one_char_changed", "Embed token", ["token-damaged"]],
  ["embed_internal_newline", "Embed token", ["token-wrapped"]],
  ["embed_html_escaped", "Embed token", ["token-wrapped"]],
  ["embed_bearer_prefix", "Embed token", ["token-wrapped"]],
  ["whole_json_pasted", "Embed token", ["token-wrapped"]],
  ["graph_token", "Entra access token", ["audience-wrong"]],
  ["legacy_wcn", "retired workspace collection", ["token-legacy"]],
  ["refresh_token_v2", "Not a token", ["token-refresh-token"]],
  ["client_secret", "Not a token", ["token-not-a-token"]],
  ["object_stringified", "Not a token", ["token-not-a-token"]],
];
for (const [name, kind, expected] of ALONE.filter(([one]) => VECTORS.vectors.some((each) => each.name === one))) {
  const token = vector(name);
  visit(
    `a bare token: ${name}`,
    async ({ page }) => {
      await check(page, token);
      const found = await codes(page);
      for (const code of expected) assert.ok(found.includes(code), `${code} among ${found}`);
      if (expected.length === 0) assert.match(await page.locator("#report").innerText(), /No problem found/);
      assert.match(await page.locator("#report dl").innerText(), new RegExp(kind));
      assert.match(await field(page), /^«[\w ]+, [\d,]+ characters»$/);
    },
    { tokens: token.length > 40 ? [token] : [] },
  );
}

const embed = vector("embed_2023");
const app = vector("aad_sp_v1");

visit(
  "a configuration as it stands in code",
  async ({ page }) => {
    await check(
      page,
      `
    import { models } from 'powerbi-client';
    // what's here isn't run: document.title = 'run'
    const config: models.IReportEmbedConfiguration = {
      type: "report" as const, 'id': \`${REPORT}\`,
      tokenType: models.TokenType.Aad, /* oops */
      accessToken: '${embed}',
      embedUrl: "${ADDRESS.replaceAll("&", "\\u0026")}",
      permissions: pbi.models.Permissions.All, ...rest, theme, hostname: location.hostname + "}",
      settings: { panes: { filters: { visible: !1, }, }, numbers: [1, -2.5e3, 0x1f,].length },
      eventHooks: { accessTokenProvider: async () => { document.title = 'run'; return fetch("/}"); } },
    };
    powerbi.embed(document.getElementById("report"), config);`,
    );
    assert.deepEqual(await codes(page), ["token-type-mismatch"]);
    assert.match(await page.locator("#report").innerText(), /tokenType is 0 \(Aad\), but the token is an embed token/);
    const masked = await field(page);
    assert.match(masked, new RegExp(`accessToken: '«embed token, ${embed.length.toLocaleString("en")} characters»'`));
    assert.match(masked, /tokenType: models\.TokenType\.Aad, \/\* oops \*\//);
    assert.match(masked, /reportEmbed\?reportId=/);
    assert.doesNotMatch(await page.title(), /run/);
  },
  { tokens: [embed] },
);

visit(
  "an error with its configuration, in two fields and in one",
  async ({ page }) => {
    for (const [subject, error] of [
      [config(app, "Aad"), RESOLVE],
      [`${RESOLVE}\n${config(app, "Aad")}`, ""],
      [`{ error: ${RESOLVE}, config: ${config(app, "Aad")} }`, ""],
    ]) {
      await check(page, subject, error);
      const report = page.locator("#report");
      const text = await report.innerText();
      assert.match(text, /LoadReportFailed/);
      assert.match(text, /A new token of the same kind does not help/);
      const groups = await report.locator("h4").allInnerTexts();
      assert.deepEqual(
        groups.map((title) => title.split(",")[0]),
        ["Confirmed", "Possible"],
      );
      assert.deepEqual((await codes(page))[0], "service-principal-aad");
      assert.equal((await codes(page)).filter((code) => code === "service-principal-aad").length, 1, "told once");
      await report.getByText(/^Ruled out \(\d+\)$/).click();
      assert.match(await report.innerText(), /token-type-mismatch/);
      assert.match(await page.locator("#status").innerText(), /^Checked: 1 confirmed cause, \d+ possible causes\.$/);
    }
  },
  { tokens: [app] },
);

visit("an error alone, as a console prints it or as a word", async ({ page }) => {
  for (const error of [
    "Uncaught (in promise) {message: 'TokenExpired', errorCode: '403', level: 6, technicalDetails: {…}}",
    "TokenExpired",
  ]) {
    await check(page, "", error);
    assert.match(await page.locator("#report").innerText(), /TokenExpired[\s\S]*A new token of the same kind may help/);
    assert.equal(await field(page, "error"), error);
  }
});

visit("markup in what is pasted stays text", async ({ page }) => {
  const markup = `<img src=x onerror="document.title='run'"><script>document.title='run'</script><svg onload="x()">`;
  const before = await page.evaluate(() => document.querySelectorAll("img, script, svg, iframe, object").length);
  const subject = {
    type: markup,
    id: markup,
    groupId: markup,
    tokenType: markup,
    accessToken: markup,
    [markup]: markup,
  };
  for (const [pasted, error] of [
    [JSON.stringify({ ...subject, embedUrl: `https://app.powerbi.com/reportEmbed?reportId=${markup}` }), ""],
    [
      JSON.stringify({ ...subject, embedUrl: `javascript:${markup}` }),
      JSON.stringify({ message: markup, code: markup }),
    ],
    [
      JSON.stringify({ accessLevel: markup, identities: [{ username: markup, roles: [markup] }], datasetId: markup }),
      "",
    ],
    [markup, ""],
    ["", markup],
    ["", JSON.stringify({ error: { code: "InvalidRequest", message: markup } })],
  ]) {
    await check(page, pasted, error);
    const seen = await page.evaluate(() => [
      document.querySelectorAll("img, script, svg, iframe, object").length,
      document.title.includes("run"),
    ]);
    assert.deepEqual(seen, [before, false], pasted.slice(0, 40) || error.slice(0, 40));
  }
});

visit(
  "an error that quotes the token",
  async ({ page }) => {
    for (const error of [
      `Access denied: ${embed}`,
      `{ message: "TokenExpired", detailedMessage: "for ${embed}", url: "https://x.example/${app}?t=${app}" }`,
    ]) {
      await check(page, "", error);
      assert.match(await field(page, "error"), /«text, [\d,]+ characters»/);
    }
    await check(page, "", embed.replace(/.{64}/g, "$&\n"));
  },
  { tokens: [embed, app] },
);

visit(
  "a name where the token should be is a gap, not a missing token",
  async ({ page }) => {
    await check(
      page,
      `{ type: 'report', tokenType, accessToken: data.token ?? '${embed}', embedUrl: '${ADDRESS}', id: '${REPORT}' }`,
    );
    const text = await page.locator("#report").innerText();
    assert.match(text, /accessToken is an expression/);
    assert.match(text, /tokenType is an expression/);
    assert.deepEqual(await codes(page), []);
  },
  { tokens: [embed] },
);

visit(
  "code that breaks off is told with its place, and masked whole",
  async ({ page }) => {
    await check(page, `{ type: 'report',\n  accessToken: '${embed}' tokenType: 1 `);
    assert.match(
      await page.locator("#status").innerText(),
      /^This could not be parsed: .+ is missing in line 2, column \d+\.$/,
    );
    assert.match(await field(page), /^«text, [\d,]+ characters»$/);
    await check(page, `{ accessToken: '${embed}`);
    assert.match(await page.locator("#status").innerText(), /closing quote .* line 1, column 16/);
    await check(page, `${"{a:".repeat(500)}1${"}".repeat(500)}`);
    assert.match(await page.locator("#status").innerText(), /nesting/);
  },
  { tokens: [embed] },
);

visit(
  "the original comes back by no undo, no second check and no way back",
  async ({ page }) => {
    const box = page.getByLabel("Embed configuration, token or GenerateToken request");
    await box.focus();
    await page.keyboard.insertText(config(embed, "Aad"));
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction(() => document.activeElement?.id === "report-title");
    await box.focus();
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("Control+z");
    assert.match(await field(page), /«embed token, /);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    assert.match(await page.locator("#status").innerText(), /Paste it again/);
    assert.deepEqual(await codes(page), ["token-type-mismatch"], "the report stays");
    // what was pasted and never checked
    await box.fill(embed);
    await page.goto("about:blank");
    await page.goBack();
    assert.equal(await field(page), "");
  },
  { tokens: [embed] },
);

visit(
  "nothing can be sent from the page",
  async ({ page }) => {
    await check(page, embed);
    // The server's own count: a browser's tools also list what its policy then stopped.
    const before = arrived.length;
    const blocked = await page.evaluate(async () => {
      const seen = [];
      const enough = () =>
        seen.filter((one) => one === "connect-src").length >= 4 &&
        ["img-src", "form-action", "frame-src"].every((one) => seen.includes(one));
      // the browser tells of each in its own time
      const told = new Promise((done) => {
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          seen.push(effectiveDirective);
          if (enough()) done();
        });
      });
      const fails = (work) =>
        Promise.resolve()
          .then(work)
          .then(
            () => "went through",
            () => "failed",
          );
      const results = {
        fetch: await fails(() => fetch("/api/health")),
        away: await fails(() => fetch("https://example.com/", { mode: "no-cors" })),
        beacon: await fails(() => navigator.sendBeacon("/api/health", "x")).then(() => "see directives"),
        socket: await fails(
          () =>
            new Promise((done, failed) =>
              Object.assign(new WebSocket(`ws://${location.host}/x`), { onopen: done, onerror: failed }),
            ),
        ),
        image: await fails(
          () =>
            new Promise((done, failed) => Object.assign(new Image(), { onload: done, onerror: failed, src: "/x.png" })),
        ),
        worker: await fails(() => new Worker("/x.js")),
      };
      const form = Object.assign(document.createElement("form"), { action: "/api/health", method: "post" });
      document.body.append(form);
      form.submit();
      const frame = Object.assign(document.createElement("iframe"), { src: "/index.html" });
      document.body.append(frame);
      await Promise.race([told, new Promise((done) => setTimeout(done, 5000))]);
      form.remove();
      frame.remove();
      return { results, seen };
    });
    assert.deepEqual(
      Object.values(blocked.results).filter((result) => result === "went through"),
      [],
    );
    for (const directive of ["connect-src", "img-src", "form-action", "frame-src"])
      assert.ok(blocked.seen.includes(directive), `${directive} in ${blocked.seen}`);
    assert.ok(
      blocked.seen.filter((directive) => directive === "connect-src").length >= 4,
      "fetch twice, the beacon, the socket",
    );
    assert.deepEqual(arrived.slice(before), [], "requests");
  },
  { tokens: [embed], refused: true },
);

visit("every example says what its name says", async ({ page }) => {
  const expected = {
    "All well": [],
    Expired: ["token-expired"],
    "Wrong tokenType": ["token-type-mismatch"],
    "Service principal": ["service-principal-aad"],
    Truncated: ["token-damaged"],
    "Graph token": ["audience-wrong"],
    LoadReportFailed: ["service-principal-aad"],
  };
  assert.deepEqual(await page.locator("#samples button").allInnerTexts(), Object.keys(expected));
  for (const [label, wanted] of Object.entries(expected)) {
    await page.locator("#status").evaluate((status) => {
      status.textContent = "";
    });
    await page.getByRole("button", { name: label, exact: true }).click();
    await page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("Checked: "));
    const found = await codes(page);
    if (label === "LoadReportFailed") assert.equal(found[0], wanted[0]);
    else assert.deepEqual(found, wanted, label);
    assert.match(await field(page), /«(embed|Entra) token, [\d,]+ characters»/);
    assert.doesNotMatch(await field(page), /eyJ0|H4sI/);
  }
});

visit(
  "it is usable by keyboard, by name, and on a narrow screen",
  async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await check(page, config(app, "Aad"), RESOLVE);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
    const unnamed = await page.evaluate(
      () =>
        [...document.querySelectorAll("button, a, textarea")].filter(
          (one) => !(one.textContent.trim() || one.labels?.length),
        ).length,
    );
    assert.equal(unnamed, 0);
    const links = await page
      .locator("#report a")
      .evaluateAll((all) => all.map(({ href, rel, target }) => [new URL(href).host, rel, target].join(" ")));
    assert.ok(links.length > 0);
    for (const link of links) assert.equal(link, "learn.microsoft.com noopener noreferrer _blank");
  },
  { tokens: [app] },
);

test("the demo links to it", async () => {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  await page.getByRole("link", { name: "Check a token" }).first().click();
  await page.waitForURL(/diagnose\.html$/);
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "What is wrong with my token?");
  await page.close();
});
