// One consumer: a copy of its folder in examples/, with the packed package installed in it. Outside of the repository,
// whose own packages would be found from within; and at the same place each time, since installing takes longest.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { UserError, fromRoot } from "../../../scripts/lib/run.mjs";

const home = path.join(os.tmpdir(), `consumers-${createHash("sha256").update(fromRoot()).digest("hex").slice(0, 8)}`);
const windows = process.platform === "win32";
// No tool here may phone home, ask questions or colour its output.
const env = {
  ...process.env,
  CI: "1",
  NO_COLOR: "1",
  FORCE_COLOR: "0",
  NEXT_TELEMETRY_DISABLED: "1",
  NG_CLI_ANALYTICS: "false",
};

function run(program, args, folder) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    env,
    encoding: "utf8",
    shell: windows,
    timeout: 300_000,
    maxBuffer: 1 << 26,
  });
  if (status === 0) return `${stdout}${stderr}`;
  const said = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-25).join("\n");
  throw new UserError(`${program} ${args.join(" ")} ended with ${error?.message ?? status}\n${said}`);
}

/** Packs the package as npm would publish it. */
export function pack() {
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(path.join(os.tmpdir(), "packed-"));
  run("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder], fromRoot());
  const [file] = readdirSync(folder);
  const tarball = path.join(home, "powerbi-token-keeper.tgz");
  cpSync(path.join(folder, file), tarball);
  rmSync(folder, { recursive: true });
  return tarball;
}

/** Lays the project out anew; what npm installed for the same package.json stays, but for our own package. */
export function lay({ name, label, installs }, tarball) {
  const folder = path.join(home, label);
  const from = fromRoot("examples", name);
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder))
    if (entry !== "node_modules" && entry !== "installed") rmSync(path.join(folder, entry), { recursive: true });
  const leftOut = ["node_modules", "dist", ".next", ".angular", ".npmrc"];
  cpSync(from, folder, { recursive: true, filter: (file) => !leftOut.includes(path.relative(from, file)) });

  const manifest = JSON.parse(readFileSync(path.join(from, "package.json"), "utf8"));
  manifest.dependencies = { ...manifest.dependencies, ...installs, "powerbi-token-keeper": `file:${tarball}` };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  const wanted = createHash("sha256")
    .update(readFileSync(path.join(folder, "package.json")))
    .digest("hex");
  const stamp = path.join(folder, "installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    const ours = path.join(folder, "node_modules/powerbi-token-keeper");
    rmSync(ours, { recursive: true, force: true });
    mkdirSync(ours);
    run("tar", ["-xzf", tarball, "-C", ours, "--strip-components", "1"], folder);
    for (const cache of [".vite", ".vite-temp", ".cache"])
      rmSync(path.join(folder, "node_modules", cache), { recursive: true, force: true });
  } else {
    rmSync(path.join(folder, "node_modules"), { recursive: true, force: true });
    run(
      "npm",
      ["install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
      folder,
    );
    writeFileSync(stamp, wanted);
  }
  return folder;
}

/** The versions that the table of docs/compatibility.md names: those asked for, else all but powerbi-client's. */
export function versions({ name, versions: shown }) {
  const { dependencies } = JSON.parse(readFileSync(fromRoot("examples", name, "package.json"), "utf8"));
  return Object.entries(dependencies)
    .filter(([one]) => (shown ? shown.includes(one) : one !== "powerbi-client" && one !== "powerbi-token-keeper"))
    .map((one) => one.join(" "))
    .join(", ");
}

/** A project's own tool, by the name that npm gave it. */
const tool = (folder, name) => (name === "node" ? process.execPath : path.join(folder, "node_modules/.bin", name));

/** Runs a project's commands. Rejects a warning about the package. */
export function build({ commands }, folder) {
  for (const [name, ...args] of commands) {
    const said = run(tool(folder, name), args, folder)
      // webpack names the modules of the page's own asset, most of which is powerbi-client
      .replace(/^ *main\.js \(.*\n.*Largest modules: .*$/gm, "");
    const large = [...said.matchAll(/^.*assets\/(\S+) +([\d,.]+) kB.*$/gm)].filter(
      // `index` is the application's own, where MSAL and powerbi-client are half a megabyte by themselves
      ([, file, size]) => Number(size.replaceAll(",", "")) > 500 && !file.startsWith("index-"),
    );
    if (large.length) throw new UserError(`${name} lists\n${large.map(([line]) => line).join("\n")}`);
    const alarms = said.split(/\n\s*\n/).filter((part) => ALARM.test(part) && part.includes("powerbi-token-keeper"));
    if (alarms.length) throw new UserError(`${name} ${args.join(" ")} warns:\n${alarms.join("\n")}`);
  }
}

/** How tools begin what they warn of. */
const ALARM = /warning|\(!\)|▲|⚠|deprecat/i;

/** Whether the program that a kind needs is on this machine. */
export const canRun = ({ needs: [name, ...args] = ["node", "--version"] }) => spawnSync(name, args).status === 0;

/** Puts up what was built. Gives its address and how to end it. */
export async function serve({ files, server, policy }, folder) {
  if (files) return serveFiles(path.join(folder, files), policy ? { "content-security-policy": policy } : {});
  const port = await freePort();
  const [name, ...args] = server;
  const child = spawn(tool(folder, name), [...args, String(port)], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: !windows,
    shell: windows,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const close = async () => {
    if (child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    // the whole group: some tools start the server as a process of its own
    if (windows) child.kill();
    else process.kill(-child.pid);
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  const patience = performance.now() + 60_000;
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || performance.now() > patience) {
      await close();
      throw new UserError(`${name} does not serve\n${said.trim().split("\n").slice(-25).join("\n")}`);
    }
    await new Promise((later) => setTimeout(later, 100));
  }
  return { url, close };
}

const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};

async function serveFiles(folder, headers) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = path.join(folder, path.normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    if (!existsSync(file)) return void response.writeHead(404).end();
    response
      .writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream", ...headers })
      .end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((closed) => server.close(closed)),
  };
}

function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer().once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}
