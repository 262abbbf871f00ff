// README and docs/ say what the code says: the recipes are the code that `npm run consumers` runs, the tables have a
// row for each consumer, option, event and state, the README's figures are those that were measured, and every link
// leads somewhere.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import { versions } from "../consumers/lib/project.mjs";
import { kinds } from "../consumers/matrix.mjs";
import { root } from "./packed.mjs";

const read = (file) => readFileSync(path.join(root, file), "utf8").replaceAll("\r\n", "\n");
const pages = readdirSync(path.join(root, "docs"), { recursive: true })
  .map((file) => `docs/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".md"));
const written = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...pages];

// ---- Recipes -------------------------------------------------------------------------------------------------------

const QUOTE = /<!-- (examples\/\S+) -->\n```\w+\n([\s\S]*?)```\n/g;
const recipes = pages.flatMap((page) => [...read(page).matchAll(QUOTE)]);

test("there are recipes", () => assert.ok(recipes.length > 8));

for (const [, file, code] of recipes) {
  test(`the recipe is ${file}`, () => {
    const lines = read(file).split("\n");
    assert.equal(code, lines.filter((line) => !line.includes("for the test")).join("\n"));
  });
}

test("each example is quoted, or has the same code as one that is", () => {
  const codes = new Set(recipes.map(([, file]) => read(file)));
  for (const folder of readdirSync(path.join(root, "examples"), { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name === "stand-in") continue;
    const files = execFileSync("git", ["ls-files", `examples/${folder.name}`], { cwd: root, encoding: "utf8" });
    const quoted = files
      .trim()
      .split("\n")
      .some((file) => codes.has(read(file)));
    assert.ok(quoted, `nothing of examples/${folder.name} is in docs/`);
  }
});

const oneSpace = (text) => text.replaceAll(/ +/g, " ");
for (const kind of kinds) {
  test(`the table of consumers has ${kind.label}`, () => {
    const row = oneSpace(`\n| ${kind.what} | ${versions(kind)} | ok`);
    assert.ok(oneSpace(read("docs/compatibility.md")).includes(row), `no row for: ${row}`);
  });
}

test("the files to serve are those that the build lists", () => {
  const page = read("docs/without-a-bundler.md");
  const sections = page.split(/^## /m);
  const named = (heading) => {
    const section = sections.find((each) => each.startsWith(heading));
    const rows = section.split("\n").filter((line) => /^(?:\| `|The files to serve)/.test(line));
    return new Set(rows.flatMap((row) => [...row.matchAll(/`(?:dist\/)?([\w.-]+\.js)`/g)].map(([, file]) => file)));
  };
  const { script, module, csp } = JSON.parse(read("dist/files.json"));
  assert.deepEqual(named("A script tag"), new Set(script));
  assert.deepEqual(named("ES modules"), new Set(module));
  const strict = page.split("\n").find((line) => line.includes("map `powerbi-token-keeper` to `csp.js`"));
  for (const file of csp) assert.ok(strict.includes(`\`${file}\``), file);
  const copied = [...page.match(/^cp powerbi-token-keeper.*$/m)[0].matchAll(/[\w.-]+\.js\b/g)].map(([file]) => file);
  assert.deepEqual(copied, script);
});

test("the table of chunks has their sizes, to a tenth", () => {
  const rows = [...read("docs/compatibility.md").matchAll(/^\| `([\w-]+)` +\| +(\d+) KB \| +(\d+) KB/gm)];
  assert.equal(rows.length, 7);
  for (const [, name, raw, gzip] of rows) {
    const code = readFileSync(path.join(root, "dist", `${name}.js`));
    for (const [said, is] of [
      [raw, code.length],
      [gzip, gzipSync(code, { level: 9 }).length],
    ])
      assert.ok(Math.abs(said * 1000 - is) <= Math.max(is / 10, 1000), `${name}: ${said} KB, and it is ${is} bytes`);
  }
});

// ---- The reference -------------------------------------------------------------------------------------------------

const types = read("npm/src/types.ts").replace(/\/\*\*[\s\S]*?\*\//g, "");
const reference = read("docs/options-and-events.md");

/** The names that the first column of the table below a heading has, and each row's cells by them. */
function table(heading) {
  const [, section] = reference.split(`\n${heading}\n`);
  assert.ok(section, `no heading ${heading}`);
  const rows = section
    .split(/\n##+ /)[0]
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  return new Map(
    rows.flatMap(([, names, ...cells]) => [...names.matchAll(/`(\w+)[^`]*`/g)].map(([, name]) => [name, cells])),
  );
}

/** The members that an interface of npm/src/types.ts declares at its top level. */
function members(name) {
  const [, body] = new RegExp(String.raw`export interface ${name} \{\n([\s\S]*?)\n\}`).exec(types);
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, member]) => member);
}

for (const [heading, name] of [
  ["## Options", "TokenKeeperOptions"],
  ["## Status", "KeeperStatus"],
  ["## Events", "KeeperEventMap"],
]) {
  test(`"${heading}" has every member of ${name}`, () => {
    const shown = table(heading);
    for (const member of members(name)) assert.ok(shown.has(member), `${member} has no row`);
  });
}

test('"### Source" has every member of an endpoint and of a request', () => {
  const shown = table("### Source");
  for (const member of [...members("TokenEndpoint"), ...members("TokenRequest")])
    assert.ok(shown.has(member), `${member} has no row`);
});

test("every state and every reason is explained", () => {
  for (const name of ["KeeperState", "RefreshReason"]) {
    const [, body] = new RegExp(`export type ${name} =([^;]+);`).exec(types.replace(/\/\/.*$/gm, ""));
    for (const [, value] of body.matchAll(/"([^"]+)"/g)) assert.ok(reference.includes(`\`${value}\``), value);
  }
});

test("the defaults and ranges of the durations are the code's", () => {
  const shown = table("## Options");
  const durations = [...read("npm/src/options.ts").matchAll(/^ {2}(\w+Ms): \[([\d_]+), ([\d_]+), ([\d_]+)\]/gm)];
  assert.equal(durations.length, 5);
  const grouped = (text) => Number(text.replaceAll("_", "")).toLocaleString("en");
  for (const [, name, fallback, min, max] of durations) {
    const [shownDefault, range] = shown.get(name);
    assert.deepEqual([shownDefault, range], [grouped(fallback), `${grouped(min)} to ${grouped(max)}`], name);
  }
});

// ---- README --------------------------------------------------------------------------------------------------------

test("the README is a front door", () => {
  const lines = read("README.md").split("\n").length;
  assert.ok(lines <= 200, `${lines} lines`);
});

test("the README's figures are those that were measured", () => {
  const measured = (name) => JSON.parse(read(`bench/results/${name}.json`));
  const kilobytes = Math.round(
    measured("bytes").rows.find(({ name }) => name === "powerbi-token-keeper").brotli / 1000,
  );
  const twenty = measured("requests").rows.find(({ name }) => name === "20 embeds");
  const peak = Math.max(...measured("fleet").waves.keeper.map((wave) => wave.peak)).toLocaleString("en");
  const usual = measured("comparison").rows.find(({ name }) => name === "the usual faults");
  const seconds = (strategy) => usual.cells[measured("comparison").strategies.indexOf(strategy)].seconds.all[0];
  const readme = read("README.md").replaceAll(/\s+/g, " ");
  for (const text of [
    `${kilobytes} KB compressed`,
    `${measured("start").ratio.toFixed(1)} × the time`,
    `20 reports make ${twenty.keeper.mean} requests a day instead of ${twenty.microsoft.mean}`,
    `at most ${peak} times a second`,
    `no valid token for ${Math.round(seconds("powerbi-token-keeper"))} seconds`,
    `it is ${Math.round(seconds("Microsoft's loop"))} seconds`,
    `chained timeout ${Math.round(seconds("chained timeout") / 60)} minutes`,
  ])
    assert.ok(readme.includes(text), `the README does not say: ${text}`);
});

// ---- Code ----------------------------------------------------------------------------------------------------------

const BLOCKS = /^```(js|jsx|ts|json)\n([\s\S]*?)^```$/gm;
const exported = [...read("npm/src/index.ts").matchAll(/[\w$]+(?=[,\s]*[},])/g)].map(([name]) => name);

for (const file of written) {
  test(`the code of ${file} can be parsed, and imports what there is`, async () => {
    for (const [, loader, code] of read(file).matchAll(BLOCKS)) {
      await transform(code, { loader, format: "esm", logLevel: "silent" });
      for (const [, names] of code.matchAll(/import \{([^}]+)\} from "powerbi-token-keeper(?:\/csp)?"/g))
        for (const name of names.split(",").map((each) => each.trim())) assert.ok(exported.includes(name), name);
    }
  });
}

// ---- Links ---------------------------------------------------------------------------------------------------------

/** The anchor that a heading gets. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const prose = (file) => read(file).replace(/^```[\s\S]*?^```/gm, "");
const anchors = (file) => [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading));

for (const file of written) {
  test(`the links of ${file} lead somewhere`, () => {
    for (const [, target] of prose(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [linked, heading] = target.split("#");
      const to = linked ? path.posix.join(path.posix.dirname(file), linked) : file;
      assert.ok(existsSync(path.join(root, to)), `${target} is not there`);
      if (heading) assert.ok(anchors(to).includes(heading), `${target} has no such heading`);
    }
  });
}

test("every page is in the table of contents", () => {
  const contents = read("docs/README.md");
  for (const page of pages.filter((each) => each !== "docs/README.md"))
    assert.ok(contents.includes(`(${page.slice("docs/".length)})`), page);
});

// ---- Names of the code ---------------------------------------------------------------------------------------------

const FOLDERS = /^(?:src|npm|tests|examples|bench|fuzz|scripts|www|docs|tools|\.github|\.cargo)\/[\w./-]*$/;
const quoted = (file) => [...prose(file).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);

for (const file of ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", ...pages]) {
  test(`the files that ${file} names are there`, () => {
    for (const name of quoted(file).filter((text) => FOLDERS.test(text) && !text.startsWith("www/dist"))) {
      const there = [name, `${name}.test.mjs`, `${name}.rs`].some((each) => existsSync(path.join(root, each)));
      assert.ok(there, `${name} is not there`);
    }
  });
}

test("the Rust tests that ARCHITECTURE.md and SECURITY.md name are there", () => {
  const rust = ["src", "tests"]
    .flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true }).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith(".rs"))
    .map(read)
    .join("\n");
  for (const file of ["ARCHITECTURE.md", "SECURITY.md"])
    for (const name of quoted(file).filter((text) => /^[a-z0-9]+(?:_[a-z0-9]+){3,}$/.test(text)))
      assert.ok(rust.includes(`fn ${name}(`), `${file}: there is no test ${name}`);
});

test("the browser tests that SECURITY.md names are there", () => {
  const named = [...prose("SECURITY.md").matchAll(/\[[^\]]+\]\(([^)]+\.(?:mjs|rs))\) "([^"]+)"/g)];
  for (const [, file, name] of named) assert.ok(read(file).includes(name), `${file} has no test "${name}"`);
});
