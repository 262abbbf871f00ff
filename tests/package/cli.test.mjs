// The command line as the package ships it: what it reads, what it says, how it ends, and that no token comes out.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { npmPack, root } from "./packed.mjs";

const cli = path.join(process.env.KEEPER_DIST ?? path.join(root, "dist"), "cli.js");
const vectors = JSON.parse(readFileSync(path.join(root, "tests/data/token-vectors.json"), "utf8"));
const token = (name) => vectors.vectors.find((vector) => vector.name === name).pieces.join("");
const now = ["--now", new Date(vectors.now * 1000).toISOString()];

const healthy = token("aad_user_v1");
const damaged = token("embed_one_char_changed");
const reportId = "f6bfd646-b718-44dc-a378-b73e6b528204";
const config = {
  type: "report",
  tokenType: 0,
  id: reportId,
  embedUrl: `https://app.powerbi.com/reportEmbed?reportId=${reportId}&config=${encodeURIComponent(
    btoa('{"clusterUrl":"https://WABI-WEST-EUROPE-redirect.analysis.windows.net"}'),
  )}`,
  accessToken: healthy,
};
const expired = { message: "TokenExpired", level: 6, errorCode: "403" };

let folder;
before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "cli-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A file with a text, or with a value as JSON. */
function file(name, content) {
  const where = path.join(folder, name);
  writeFileSync(where, typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return where;
}

/** Runs the command line with `input` piped in. */
function run(args, { input = "", env = {} } = {}) {
  return new Promise((ended, failed) => {
    const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env }, timeout: 20_000 });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (said[name] += text));
    child.stdin.on("error", () => {}).end(input);
    child.on("error", failed).on("close", (status) => ended({ ...said, status }));
  });
}

/** Every long run of a token's characters, in windows: a part of a token counts as the token. */
function secrets(text) {
  const runs = text.match(/[\w+/=-]{40,}/g) ?? [];
  return runs.flatMap((part) =>
    Array.from({ length: Math.floor(part.length / 8) - 1 }, (_, n) => part.slice(8 * n, 8 * n + 16)),
  );
}

function assertSilent({ stdout, stderr }, text, about) {
  const parts = secrets(text);
  assert.ok(parts.length, "the text has something to look for");
  for (const part of parts) assert.ok(!(stdout + stderr).includes(part), `${about}: a part of the token came out`);
}

test("inspect: a healthy token, with its line's end, ends with 0", async () => {
  const { stdout, stderr, status } = await run(["inspect", ...now], { input: `${healthy}\n` });
  assert.equal(status, 0, stdout + stderr);
  assert.equal(stderr, "");
  assert.match(stdout, /^token +Entra access token/);
  assert.match(stdout, /^principal +a user$/m);
  assert.match(stdout, /^audience +https:\/\/analysis\.windows\.net\/powerbi\/api$/m);
  assert.match(stdout, /^tenant +11111111-2222-3333-4444-555555555555$/m);
  assert.match(stdout, /^issued +2023-11-14 22:08 UTC, 5 minutes ago$/m);
  assert.match(stdout, /^expires +2023-11-14 23:27 UTC, in 74 minutes$/m);
  assert.match(stdout, /^cloud +global$/m);
  assert.match(stdout, /^Nothing is known to be wrong with this token\.$/m);
});

test("inspect: a finding of severity error ends with 1, and says what to do", async () => {
  const { stdout, status } = await run(["inspect", ...now], { input: damaged });
  assert.equal(status, 1);
  assert.match(stdout, /^1 error\n\nerror +token-damaged\n +The embed token's checksum is wrong.*\nfix +\w/m);
});

test("inspect: the time is the machine's unless --now says another", async () => {
  const { stdout, status } = await run(["inspect"], { input: healthy });
  assert.equal(status, 1);
  assert.match(stdout, /^expires .* days ago$/m);
  assert.equal((await run(["inspect", "--now", String(vectors.now * 1000)], { input: healthy })).status, 0);
});

test("inspect: --tenant is compared", async () => {
  const other = ["--tenant", "12345678-2222-3333-4444-555555555555"];
  const { stdout } = await run(["inspect", "--json", ...now, ...other], { input: healthy });
  assert.ok(JSON.parse(stdout).findings.some(({ code }) => code === "tenant-mismatch"));
});

test("inspect: what PowerShell pipes and writes is read", async () => {
  const utf16 = Buffer.from(`\ufeff${healthy}\r\n`, "utf16le");
  for (const input of [`\ufeff${healthy}\r\n`, utf16])
    assert.equal((await run(["inspect", ...now], { input })).status, 0);
});

test("inspect --json is a TokenReport", async () => {
  const { stdout, status } = await run(["inspect", "--json", ...now], { input: damaged });
  const report = JSON.parse(stdout);
  assert.equal(status, 1);
  assert.deepEqual(Object.keys(report).sort(), [
    "audience",
    "cloud",
    "clusterUrl",
    "expiresAt",
    "findings",
    "issuedAt",
    "kind",
    "principal",
    "scopes",
    "tenantId",
  ]);
  assert.equal(report.kind, "embed");
  assertFindings(report.findings);
});

function assertFindings(findings) {
  assert.ok(Array.isArray(findings) && findings.length);
  for (const { code, severity, message, fix } of findings) {
    assert.match(code, /^[a-z-]+$/);
    assert.match(severity, /^(error|warning|info)$/);
    assert.ok(message && fix);
  }
}

test("diagnose: from a file and from standard input", async () => {
  const good = await run(["diagnose", file("config.json", config), ...now]);
  assert.deepEqual(good, { stdout: "Nothing is known to be wrong with this configuration.\n", stderr: "", status: 0 });
  const bad = await run(["diagnose", "-", "--json", ...now], { input: JSON.stringify({ ...config, tokenType: 1 }) });
  assert.equal(bad.status, 1);
  assertFindings(JSON.parse(bad.stdout));
  assert.ok(JSON.parse(bad.stdout).some(({ code }) => code === "token-type-mismatch"));
});

test("explain: a confirmed cause ends with 1, a possible one with 0", async () => {
  const error = file("error.json", expired);
  const alone = await run(["explain", error, ...now]);
  assert.equal(alone.status, 0, alone.stderr);
  assert.match(
    alone.stdout,
    /^TokenExpired\n.+\nA new token of the same kind may help\.\n\nPossible, the likeliest first\n\n1\. +token-expired/,
  );
  assert.doesNotMatch(alone.stdout, /^Confirmed$/m);

  const late = ["--now", "2023-11-15T12:00:00Z"];
  const both = await run(["explain", "-", file("config.json", config), ...late], { input: JSON.stringify(expired) });
  assert.equal(both.status, 1, both.stderr);
  assert.match(both.stdout, /\nConfirmed\n\nerror +token-expired\n[\s\S]*\nRuled out\n {2}[a-z-]+: /);

  const explanation = JSON.parse(
    (await run(["explain", error, file("config.json", config), "--json", ...late])).stdout,
  );
  assert.deepEqual(Object.keys(explanation).sort(), ["causes", "error", "refreshHelps", "summary"]);
  assertFindings(explanation.causes);
  for (const { verdict } of explanation.causes) assert.match(verdict, /^(confirmed|possible|ruled-out)$/);
});

test("explain: the three likeliest causes, all with --all, and what to add to know more", async () => {
  const error = file("error.json", { message: "LoadReportFailed", detailedMessage: "Could not resolve cluster" });
  const few = (await run(["explain", error, ...now])).stdout;
  const all = (await run(["explain", error, "--all", ...now])).stdout;
  const count = (text) => text.match(/^\d+\. +[a-z-]+$/gm).length;
  assert.equal(count(few), 3);
  assert.ok(count(all) > 10);
  assert.match(few, new RegExp(`^${count(all) - 3} more: run it again with --all\\.$`, "m"));
  assert.match(few, /^To know more, add the embed configuration as a second file/m);
  const both = (await run(["explain", error, file("config.json", config), ...now])).stdout;
  assert.doesNotMatch(both, /To know more/);
});

test("explain: an error in any wrapping, and plain text", async () => {
  for (const [name, content, error, code] of [
    ["line.txt", "AADSTS50196: The server terminated an operation.\nTrace ID: 1", "AADSTS50196", "throttled"],
    [
      "net.txt",
      "One or more errors occurred. (AADSTS7000222: The provided client secret keys are expired.)",
      "AADSTS7000222",
      "backend-credentials",
    ],
    [
      "console.txt",
      "Uncaught (in promise) {message: 'LoadReportFailed', errorCode: '404', level: 6}",
      "LoadReportFailed",
      "id-mismatch",
    ],
    [
      "literal.js",
      "[{ message: 'permissions must be a number' }]",
      "permissions property is invalid",
      "config-invalid",
    ],
    [
      "middle.log",
      'POST failed: {"error":{"code":"InvalidRequest","message":"requires roles to be included"}} after 3 s',
      "InvalidRequest",
      "identity-invalid",
    ],
    [
      "node.log",
      `AxiosError: Request failed with status code 403
    at settle (file:///srv/node_modules/axios/lib/core/settle.js:19:12) {
  code: 'ERR_BAD_REQUEST',
  request: <ref *1> ClientRequest { _header: 'x' },
  response: { status: 403, data: { error: { code: 'PowerBINotAuthorizedException' } } }
}`,
      "PowerBINotAuthorizedException",
      "backend-permission",
    ],
    [
      "axios.json",
      {
        name: "AxiosError",
        code: "ERR_BAD_REQUEST",
        response: { status: 401, data: { error: { code: "GroupNotAccessible" } } },
      },
      "GroupNotAccessible",
      "permission",
    ],
  ]) {
    const { stdout, stderr, status } = await run(["explain", file(name, content), "--json", ...now]);
    assert.notEqual(status, 2, stderr);
    const explanation = JSON.parse(stdout);
    assert.equal(explanation.error, error, name);
    assert.ok(
      explanation.causes.some((cause) => cause.code === code),
      `${name}: ${stdout}`,
    );
  }
});

test("diagnose: JavaScript as it is in the code, and a GenerateToken request", async () => {
  const code = `const config = {
    type: 'report', id: "${reportId}", // the report
    tokenType: models.TokenType.Aad, permissions: models.Permissions.All,
    embedUrl: '${config.embedUrl}',
    accessToken: "${healthy}",
  } as models.IReportEmbedConfiguration;\n`;
  const good = await run(["diagnose", file("config.ts", code), ...now]);
  assert.deepEqual(good, { stdout: "Nothing is known to be wrong with this configuration.\n", stderr: "", status: 0 });
  const jsx = `<PowerBIEmbed embedConfig={{ type: "report", id: "${reportId}", tokenType: models.TokenType.Aad,
    embedUrl: '${config.embedUrl}', accessToken: "${healthy}" }} eventHandlers={new Map([["loaded", () => {}]])} />`;
  assert.deepEqual(await run(["diagnose", file("report.jsx", jsx), ...now]), good);
  const request = { accessLevel: "Create", identities: [{ username: "jo", roles: "Sales" }] };
  const bad = await run(["diagnose", file("request.json", request)]);
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /^error +request-invalid\n +accessLevel is Create, but datasetId is missing\.$/m);
  assert.match(bad.stdout, /^error +identity-invalid$/m);
  const fine = await run(["diagnose", file("request.json", { accessLevel: "View" })]);
  assert.deepEqual(fine, {
    stdout: "Nothing is known to be wrong with this GenerateToken request.\n",
    stderr: "",
    status: 0,
  });
});

test("inspect says nothing good of what is no token", async () => {
  for (const text of ["TODO", "mock-powerbi-access-token", "x".repeat(200)]) {
    const { stdout } = await run(["inspect", ...now], { input: text });
    assert.match(stdout, /token-not-a-token/, text.slice(0, 10));
    assert.doesNotMatch(stdout, /Nothing is known to be wrong/);
  }
});

test("a file that can't be read ends with 2 and its name", async () => {
  const good = file("config.json", config);
  for (const [name, content, says] of [
    ["page.json", "<!doctype html><title>Sign in</title>", /like HTML/],
    ["garbage.json", `{"accessToken": "${healthy}", oops "`, /starts like one but has a syntax error/],
    ["bare.json", healthy, /there is no \{ in it/],
    ["empty.json", "", /it is empty/],
    ["list.json", "[]", /not an embed configuration/],
    ["large.json", " ".repeat(5 << 20), /larger than 4 MiB/],
  ]) {
    const where = file(name, content);
    for (const args of [
      ["diagnose", where],
      ["explain", good, where],
    ]) {
      const { stdout, stderr, status } = await run(args);
      assert.equal(status, 2, `${args[0]} ${name}`);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.ok(stderr.includes(name) && !stderr.includes(folder), stderr);
      if (content.includes(healthy)) assertSilent({ stdout, stderr }, healthy, name);
    }
  }
  const missing = await run(["diagnose", path.join(folder, "missing.json")]);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /missing\.json can't be read: it does not exist/);
  assert.match((await run(["diagnose", folder])).stderr, /it is a directory/);
  const secret = await run(["explain", path.join(folder, "q3Zk9xWvT2LmN8pRsYbC4d.json")]);
  assert.match(secret.stderr, /^powerbi-token-keeper: The file can't be read/);
});

test("called wrongly, it ends with 2 and a sentence", async () => {
  const error = file("error.json", expired);
  for (const args of [
    [],
    ["inspct"],
    ["diagnose"],
    ["diagnose", error, error],
    ["explain"],
    ["explain", error, error, error],
    ["explain", "-", "-"],
    ["inspect", "--jsn"],
    ["inspect", "--json=yes"],
    ["inspect", "--now"],
    ["inspect", "--now", "soon"],
    ["inspect", "--now", "1700000000"],
    ["inspect", "--now", "2023-11-14T22:13"],
    ["inspect", "--tenant", "contoso"],
    ["inspect", "--sdk-version", "new"],
  ]) {
    const { stdout, stderr, status } = await run(args, { input: healthy });
    assert.equal(status, 2, args.join(" "));
    assert.equal(stdout, "", args.join(" "));
    assert.match(stderr, /^powerbi-token-keeper: \S.*\.\n$/, args.join(" "));
  }
});

test("a token as an argument is refused, and not repeated", async () => {
  for (const args of [
    ["inspect", healthy],
    ["inspect", "--", healthy],
    [healthy],
    [`--${healthy}`],
    ["inspect", `--token=${healthy}`],
    ["inspect", `-${healthy}`],
    ["inspect", "--now", healthy],
    ["inspect", "--tenant", healthy],
    ["inspect", "--sdk-version", healthy],
    ["inspect", `--json=${healthy}`],
    ["diagnose", healthy],
    ["diagnose", healthy.slice(0, 200)],
    ["diagnose", damaged],
    ["explain", healthy],
    ["explain", healthy, damaged],
  ]) {
    const said = await run(args);
    assert.equal(said.status, 2);
    assertSilent(said, healthy + damaged, args[0]);
    assert.doesNotMatch(said.stderr, /eyJ|H4sI/);
  }
  assert.match(
    (await run(["inspect", healthy])).stderr,
    /Never pass a token as an argument: it would stay in the shell's history/,
  );
});

test("no part of any token comes out", async () => {
  for (const { name, pieces } of vectors.vectors) {
    const text = pieces.join("");
    if (!secrets(text).length) continue;
    const wrong = file("config.json", {
      ...config,
      accessToken: text,
      id: text,
      embedUrl: `https://app.powerbi.com/${text}`,
    });
    const quoting = file("error.json", {
      message: "LoadReportFailed",
      detailedMessage: `Couldn't resolve cluster ${text}`,
      technicalDetails: { token: text },
    });
    const runs = await Promise.all([
      run(["inspect", "--json", ...now], { input: text }),
      run(["explain", quoting, wrong]),
    ]);
    for (const said of runs) {
      assert.notEqual(said.status, 2, said.stderr);
      assertSilent(said, text, name);
    }
  }
});

test("what strangers wrote into a token can't command the terminal", async () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const aud = "\u001b]0;owned\u0007\u001b[2J\u009b2J\u202e\u2028";
  const claims = { aud, iss: "https://sts.windows.net/x/", exp: 9e15, scp: "a\u001b[31m", tid: healthy };
  const hostile = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.AAAA`;
  for (const args of [["inspect"], ["inspect", "--json"]]) {
    const said = await run(args, { input: hostile });
    assert.notEqual(said.status, 2);
    assert.doesNotMatch(said.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/);
    assertSilent(said, healthy, "a token in a claim");
    if (args.length > 1) assert.equal(JSON.parse(said.stdout).audience, aud);
    else assert.match(said.stdout, /\\u001b\]0;owned/);
  }
});

test("a token that is given as a file's name is not repeated", async () => {
  for (const name of ["eyJhbGciOiJSUzI1NiJ9.json", "H4sIAAAAAAAEAB2W.txt", healthy, damaged.slice(0, 60)]) {
    const { stdout, stderr, status } = await run(["diagnose", name]);
    assert.equal(status, 2, stdout + stderr);
    assert.ok(!(stdout + stderr).includes(name.slice(0, 12)), stderr);
  }
  const { stderr } = await run(["diagnose", "no-such-configuration.json"]);
  assert.match(stderr, /no-such-configuration\.json/, "a name that is one is told");
});

test("an error that is not its own is not quoted", async () => {
  // what is read is in the error of a library
  const broken = encodeURIComponent(
    `const { decode } = TextDecoder.prototype;
     TextDecoder.prototype.decode = function (...args) {
       const text = decode.apply(this, args);
       if (text.startsWith("eyJ")) throw new Error(text);
       return text;
     };`,
  );
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${broken}` };
  const { stdout, stderr, status } = await run(["inspect"], { input: healthy, env });
  assert.equal(status, 2, stdout + stderr);
  assert.match(stderr, /report/, stderr);
  assertSilent({ stdout, stderr }, healthy, "a library's error");
});

test("whoever reads may stop reading", async () => {
  const { status, stderr } = await new Promise((ended, failed) => {
    const child = spawn(process.execPath, [cli, "inspect", "--json"], { timeout: 20_000 });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
    child.stdout.destroy();
    child.stdin.on("error", () => {}).end(damaged);
    child.on("error", failed).on("close", (code, signal) => ended({ status: code ?? signal, stderr: said }));
  });
  assert.equal(stderr, "");
  assert.notEqual(status, 2);
});

test("no colours where a program reads, whatever FORCE_COLOR says", async () => {
  for (const args of [["inspect"], ["--help"], ["inspect", "--json"]]) {
    const { stdout } = await run(args, { input: damaged, env: { FORCE_COLOR: "1" } });
    assert.ok(stdout && !stdout.includes("\u001b"));
  }
});

test("--help and --version", async () => {
  const { stdout, status } = await run(["--help"]);
  assert.equal(status, 0);
  for (const word of [
    "inspect",
    "diagnose",
    "explain",
    "--all",
    "--json",
    "--now",
    "--tenant",
    "--sdk-version",
    "Exit code",
  ])
    assert.ok(stdout.includes(word), word);
  assert.ok(stdout.split("\n").every((line) => line.length <= 120));
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  assert.deepEqual(await run(["--version"]), { stdout: `${version}\n`, stderr: "", status: 0 });
});

test("it is the package's program, and takes the chunk from beside it", () => {
  const { bin } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  assert.deepEqual(bin, { "powerbi-token-keeper": "./dist/cli.js" });
  const code = readFileSync(cli, "utf8");
  assert.match(code, /^#!\/usr\/bin\/env node\n/);
  const imports = [...code.matchAll(/^import .* from "([^"]+)"/gm)]
    .map(([, from]) => from)
    .filter((from) => !from.startsWith("node:"));
  assert.deepEqual(imports, ["./index.js"]);
  assert.ok(code.length < 32_768, "nothing of the facade or the chunk is inside");
  if (process.platform !== "win32") assert.ok(statSync(cli).mode & 0o100, "executable");
  assert.ok(
    npmPack("--dry-run").files.some(
      ({ path: name, mode }) => name === "dist/cli.js" && (process.platform === "win32" || mode & 0o100),
    ),
  );
});

// Terminals, through Python's pty.
const python = ["python3", "python"].find(
  (name) => spawnSync(name, ["-c", "import pty, os; os.waitstatus_to_exitcode"]).status === 0,
);
const terminal = { skip: !python && "no Python with a pty module" };

const atTerminal = (steps, args, env) => shownBy(steps, [process.execPath, cli, ...args], env);

function shownBy(steps, command, env = {}) {
  const script = path.join(root, "tests/package/terminal.py");
  const { NO_COLOR, FORCE_COLOR, ...clean } = process.env;
  const done = spawnSync(python, [script, JSON.stringify(steps), ...command], {
    encoding: "utf8",
    timeout: 30_000,
    env: { ...clean, TERM: "xterm", ...env },
  });
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout);
}

test("at a terminal, inspect asks and shows nothing of what is typed", terminal, () => {
  const { shown, status, echo } = atTerminal([["Enter: ", `${damaged}\r`]], ["inspect", ...now]);
  assert.equal(status, 1, shown);
  assert.match(shown, /^Paste the token \(it is not shown\), then Enter: \r?\n/);
  assert.match(shown, /\u001b\[31merror\u001b\[0m +\u001b\[1mtoken-damaged/, "in colours");
  assertSilent({ stdout: shown, stderr: "" }, damaged, "the prompt");
  assert.ok(echo, "the terminal echoes again");
  const lines = shown.replace(/\u001b\[\d+m/g, "").split(/\r?\n/);
  assert.ok(
    lines.every((line) => line.length <= 80),
    "wrapped at the terminal's width",
  );
});

test("at a terminal, NO_COLOR and TERM=dumb are heeded", terminal, () => {
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }])
    assert.ok(!atTerminal([["Enter: ", `${damaged}\r`]], ["inspect"], env).shown.includes("\u001b"));
});

test("at a terminal, a paste of 20,000 characters arrives whole", terminal, () => {
  // White space inside it is told only when the text after 4,096 characters and after the line's end was read.
  const long = `${"\u001b[200~"}${damaged}\r${"A".repeat(20_000)}\u001b[201~\r`;
  const { shown, status } = atTerminal([["Enter: ", long]], ["inspect", "--json"]);
  assert.equal(status, 1);
  assert.match(shown, /white space inside it/);
  assert.ok(!shown.includes("AAAAAAAA"));
});

test("at a terminal, a paste in two pieces, with a line's end in each, is one", terminal, () => {
  const half = Math.floor(healthy.length / 2);
  const pieces = [`${healthy.slice(0, half)}\r`, `${healthy.slice(half)}\r`];
  const { shown, status } = atTerminal([["Enter: ", ...pieces]], ["inspect", "--json", ...now]);
  assert.equal(status, 1, shown);
  assert.match(shown, /token-wrapped/);
  assertSilent({ stdout: shown, stderr: "" }, healthy, "what came after the first line");
});

test("at a terminal, Backspace and Ctrl+U correct, Ctrl+D ends", terminal, () => {
  const { shown, status } = atTerminal([["Enter: ", `oops\u0015${healthy}x!\u007f\u007f\u0004`]], ["inspect", ...now]);
  assert.equal(status, 0, shown);
});

test("at a terminal, Ctrl+C ends with 130 and gives the echo back", terminal, () => {
  const { shown, status, echo } = atTerminal([["Enter: ", `${healthy.slice(0, 100)}\u0003`]], ["inspect"]);
  assert.equal(status, 130);
  assert.ok(echo);
  assertSilent({ stdout: shown, stderr: "" }, healthy, "the prompt");
});

test("at a terminal, - is refused: what is typed would show", terminal, () => {
  assert.equal(atTerminal([], ["diagnose", "-"]).status, 2);
});

test("the example of docs/diagnosis.md is what it prints", terminal, () => {
  const where = file("token.txt", token("graph_token"));
  const command = [process.execPath, cli, "inspect", "--now", "2023-11-14T22:13:20Z"]
    .map((word) => `'${word}'`)
    .join(" ");
  const { shown } = shownBy([], ["sh", "-c", `${command} < '${where}'`], { NO_COLOR: "1" });
  const page = readFileSync(path.join(root, "docs/diagnosis.md"), "utf8").replaceAll("\r\n", "\n");
  const [, printed] = page.match(
    /^\$ npx powerbi-token-keeper inspect --now 2023-11-14T22:13:20Z < token\.txt\n([^`]+)```$/m,
  );
  assert.equal(shown.replaceAll("\r\n", "\n"), printed);
});
