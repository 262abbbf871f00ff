// `npm start` of an example: its page on this machine, with stand-ins for a backend, for Microsoft's frame and for
// Microsoft's sign-in. The tokens are made up and live two minutes, so that the first refresh comes within a minute.
//
//   node ../stand-in/serve.mjs FOLDER             serves files
//   node ../stand-in/serve.mjs -- COMMAND…        starts the example's own server; the port is appended
//   node ../stand-in/serve.mjs --backend -- COMMAND…
//                                                 starts a token backend, which finds its settings and PORT in the
//                                                 environment, and a stand-in for Entra and the Power BI REST API;
//                                                 `--scripts static` copies the files of a script tag there before

import { spawn } from "node:child_process";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer, request as ask } from "node:http";
import { connect, createServer as createSocket } from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { UserError, fromRoot, runIfMain } from "../../scripts/lib/run.mjs";
import { buildServer } from "../../scripts/server.mjs";
import { signIn } from "./sign-in.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
/** For a backend that serves no page of its own. */
const PAGE = path.join(HERE, "page.html");
const LIFETIME_SECONDS = 120;
const REPORTS = {
  sales: "5d9c4b5a-1111-4aaa-8bbb-000000000001",
  stock: "7d1c0de0-5eed-4a11-9b0b-0c0ffee19001",
};
const GROUP = "5d9c4b5a-2222-4aaa-8bbb-000000000002";
const CLUSTER = btoa('{"clusterUrl":"https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net"}');
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** Serves an example at `port` (0: any). Returns the address and how to close it. */
export async function serveExample({ folder, command, backend = false, scripts = null, port = 0 }) {
  await buildServer();
  if (scripts) copyScripts(folder, path.join(folder, scripts));
  const { DemoBackend, mintAadToken } = await import("../../www/dist-server/backend.js");
  const tokens = new DemoBackend({ switches: { lifetimeSeconds: LIFETIME_SECONDS } });
  const azure = backend ? await microsoft() : null;
  const child = command && (await start(command, folder, azure?.settings));

  /** A token of the demo's backend, with the rest of what `powerbi.embed()` needs. */
  async function embedConfig({ kind = "embed", report = "sales" }) {
    const id = REPORTS[report] ?? REPORTS.sales;
    const { body } = await tokens.handle({ method: "POST", path: `/api/${kind}-token`, body: { embeds: [{ id }] } });
    return {
      type: "report",
      tokenType: kind === "aad" ? 0 : 1,
      id,
      groupId: GROUP,
      embedUrl: `https://app.powerbi.com/reportEmbed?reportId=${id}&groupId=${GROUP}&config=${CLUSTER}`,
      accessToken: body.token ?? body.access_token,
    };
  }

  const mint = () => {
    const issuedAt = Date.now();
    const lifetimeSeconds = LIFETIME_SECONDS;
    return { token: mintAadToken({ expiresAt: issuedAt + lifetimeSeconds * 1000, issuedAt }), lifetimeSeconds };
  };

  async function answer(request, response) {
    const url = new URL(request.url, "http://localhost");
    const { pathname } = url;
    if (pathname === "/api/embed") return sendJson(response, await embedConfig(Object.fromEntries(url.searchParams)));
    if (!backend && /^\/api\/(embed|aad)-token$/.test(pathname)) {
      const { embeds = [] } = await readJson(request);
      const wanted = embeds.length > 0 ? embeds : [{ id: REPORTS.sales }];
      const asked = { method: request.method, path: pathname, body: { embeds: wanted } };
      const { status, headers, body } = await tokens.handle(asked);
      return sendJson(response, body, status, headers);
    }
    if (pathname.startsWith("/stand-in/sign-in/")) {
      const path = pathname.replace("/stand-in/sign-in", "");
      return sendJson(response, signIn(new URL(path, "https://login.microsoftonline.com"), mint));
    }
    if (pathname.startsWith("/stand-in/api/")) return sendJson(response, ...listReports(request.headers.authorization));
    if (pathname.startsWith("/stand-in/")) return sendFile(response, standInFile(pathname));
    if (child) return forward(request, response, child.port, backend && pathname === "/" ? PAGE : null);
    const file = path.join(folder, path.normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    return file.endsWith(".html") && existsSync(file)
      ? sendPage(response, readFileSync(file, "utf8"))
      : sendFile(response, file);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(502).end(String(error.message)));
  });
  // the live reload of a development server
  if (child) server.on("upgrade", (request, socket, head) => forwardUpgrade(request, socket, head, child.port));
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    url: `http://localhost:${server.address().port}`,
    close: async () => {
      child?.close();
      await azure?.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** The REST API's list of reports, for an Entra token that has not expired: body and status. */
function listReports(authorization = "") {
  const [, claims = ""] = authorization.split(".");
  const { exp = 0 } = claims ? JSON.parse(Buffer.from(claims, "base64url").toString()) : {};
  if (exp * 1000 < Date.now()) return [{ error: { code: "TokenExpired" } }, 403];
  return [{ value: Object.entries(REPORTS).map(([name, id]) => ({ id, name })) }];
}

/** The files of the stand-in, and what a backend's page loads. */
function standInFile(pathname) {
  const [, , name, file] = pathname.split("/");
  if (name === "frame.html") return fromRoot("www/sandbox/frame.html");
  if (name === "client.js") return path.join(HERE, "client.js");
  if (name === "powerbi-client") return fromRoot("node_modules/powerbi-client/dist", path.basename(file));
  return fromRoot("dist", path.basename(file ?? ""));
}

async function readJson(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}

function sendJson(response, body, status = 200, headers = {}) {
  response.writeHead(status, { "Cache-Control": "no-store", ...headers, "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

function sendFile(response, file) {
  if (!existsSync(file)) return void response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

const withClient = (html) => {
  const script = '<script src="/stand-in/client.js"></script>';
  return /<head[^>]*>/i.test(html)
    ? html.replace(/<head[^>]*>/i, `$&${script}`)
    : html.replace(/^<!doctype html>/i, `$&${script}`);
};

function sendPage(response, html, status = 200, headers = {}) {
  response.writeHead(status, { ...headers, "Content-Type": TYPES[".html"] });
  response.end(withClient(html));
}

/** To the example's own server; a page of it gets the stand-in's script. `instead` is the page where it has none. */
function forward(request, response, port, instead) {
  const headers = { ...request.headers, "accept-encoding": "identity" };
  return new Promise((done, failed) => {
    const onward = ask({ host: "localhost", port, method: request.method, path: request.url, headers }, (answer) => {
      if (instead && answer.statusCode === 404) {
        sendPage(response, readFileSync(instead, "utf8"));
        return done();
      }
      const isPage = answer.headers["content-type"]?.startsWith("text/html");
      if (!isPage) {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response).once("close", done);
        return;
      }
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.once("end", () => {
        const { "content-length": _length, "transfer-encoding": _encoding, ...kept } = answer.headers;
        sendPage(response, Buffer.concat(chunks).toString(), answer.statusCode, kept);
        done();
      });
    });
    onward.once("error", failed);
    request.pipe(onward);
  });
}

function forwardUpgrade(request, socket, head, port) {
  const onward = connect(port, "localhost", () => {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  });
  for (const end of [socket, onward]) end.on("error", () => [socket, onward].map((one) => one.destroy()));
}

/** What a page without a bundler loads, from the packages that npm has installed. */
function copyScripts(folder, to) {
  const from = (...parts) => path.join(folder, "node_modules", ...parts);
  const { script } = JSON.parse(readFileSync(from("powerbi-token-keeper/dist/files.json"), "utf8"));
  mkdirSync(to, { recursive: true });
  copyFileSync(from("powerbi-client/dist/powerbi.min.js"), path.join(to, "powerbi.min.js"));
  for (const file of script) copyFileSync(from("powerbi-token-keeper/dist", file), path.join(to, file));
}

/** A stand-in for Entra and the Power BI REST API; gives the settings that lead a backend there. */
async function microsoft() {
  const { Azure, IDS, SECRET } = await import("../../tests/live/azure.mjs");
  const azure = await new Azure().listen();
  azure.life.embed = LIFETIME_SECONDS * 1000;
  const certificate = path.join(mkdtempSync(path.join(os.tmpdir(), "stand-in-")), "certificate.pem");
  writeFileSync(certificate, azure.cert);
  const settings = {
    NODE_EXTRA_CA_CERTS: certificate,
    REQUESTS_CA_BUNDLE: certificate,
    SSL_CERT_FILE: certificate,
    AZURE_TENANT_ID: IDS.tenant,
    AZURE_CLIENT_ID: IDS.client,
    AZURE_CLIENT_SECRET: SECRET,
    POWERBI_WORKSPACE_ID: IDS.group,
    POWERBI_REPORT_ID: IDS.report,
    POWERBI_DATASET_ID: IDS.dataset,
    AZURE_AUTHORITY_HOST: azure.origin,
    POWERBI_API_URL: azure.origin,
  };
  return { settings, close: () => azure.close() };
}

/** Starts a program that will listen at a port, and waits until it does. A backend (with `settings`) reads PORT. */
async function start([program, ...args], folder, settings) {
  const port = await freePort();
  const windows = process.platform === "win32";
  const child = spawn(program, settings ? args : [...args, String(port)], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...settings, PORT: String(port), ASPNETCORE_URLS: `http://localhost:${port}` },
    shell: windows,
    detached: !windows,
  });
  let failure = null;
  child.once("error", (error) => (failure = error.message));
  child.once("exit", (code) => (failure ??= `it ended with ${code}`));
  while (!(await isListening(port))) {
    if (failure) throw new UserError(`${program} could not be started: ${failure}`);
    await new Promise((later) => setTimeout(later, 100));
  }
  const close = () => {
    if (child.exitCode !== null) return;
    // the whole group: some tools start the server as a process of its own
    if (windows) child.kill();
    else process.kill(-child.pid);
  };
  return { port, close };
}

function isListening(port) {
  return new Promise((known) => {
    const probe = connect(port, "localhost", () => {
      probe.destroy();
      known(true);
    }).once("error", () => known(false));
  });
}

function freePort() {
  return new Promise((found, failed) => {
    const probe = createSocket().once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

await runIfMain(import.meta, async (args) => {
  if (!existsSync(fromRoot("dist/index.js")))
    throw new UserError("The package is not built. Run `npm install` and `npm run build` in the repository's root.");
  const dashes = args.indexOf("--");
  const command = dashes < 0 ? undefined : args.slice(dashes + 1);
  const backend = args.includes("--backend");
  const scripts = args.includes("--scripts") ? args[args.indexOf("--scripts") + 1] : null;
  const example = { command, backend, scripts, folder: path.resolve(dashes === 0 || backend ? "." : (args[0] ?? ".")) };
  const { url, close } = await serveExample({ ...example, port: Number(process.env.PORT ?? 5180) });
  // a development server has printed its own by then, under which there is no /api/embed
  console.log(
    `\nOpen ${url}${command ? ", which has the stand-ins; no other address above does" : ""}\n\n` +
      "The tokens live two minutes; keeper.status in the console shows the next check. Ctrl+C ends.",
  );
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => close().then(() => process.exit()));
});
