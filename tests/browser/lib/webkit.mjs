// WebKitGTK, by WebDriver as it is standardised, in Playwright's shape as far as scenarios need it. WebDriver can't
// answer requests, so a proxy of ours does, for every host; it can't hear the console either: watch.js does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer as createProxy } from "node:http";
import { createServer as createTls } from "node:https";
import { createServer as createSocket } from "node:net";
import path from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { generate } from "selfsigned";
import { which } from "../../../scripts/lib/browser.mjs";

const PATIENCE = 120_000;

/** Debian keeps the browser beside the library. */
function findMiniBrowser() {
  if (process.env.MINIBROWSER) return process.env.MINIBROWSER;
  for (const folder of ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/libexec", "/usr/lib"]) {
    const inside = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("webkit2gtk-")) : [];
    for (const name of inside.sort().reverse()) {
      const file = path.join(folder, name, "MiniBrowser");
      if (existsSync(file)) return file;
    }
  }
  return null;
}

/** Whether all that it takes is there. */
export const hasWebKit = () =>
  Boolean(which("WebKitWebDriver") && findMiniBrowser() && (process.env.DISPLAY || which("Xvfb")));

async function freePort() {
  const server = createSocket().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** A screen that nobody sees: its name, and the process that ends with `close()`. */
async function startScreen() {
  if (process.env.DISPLAY) return { display: process.env.DISPLAY, close() {} };
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const [number] = await once(screen.stdio[3], "data");
  return { display: `:${String(number).trim()}`, close: () => screen.kill() };
}

// ---- the network ----------------------------------------------------------------------------------------------------

const bodyOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return parts.length ? Buffer.concat(parts).toString() : null;
};

/** Answers whatever the browser asks for by the `serve` of the context that is open. */
async function startNetwork(browser) {
  const { private: key, cert } = await generate([{ name: "commonName", value: "scenarios" }], { keySize: 2048 });
  const tls = createTls({ key, cert }, async (request, response) => {
    const { method, headers } = request;
    // no connection is used twice: on one that breaks, a browser may ask again by itself
    response.setHeader("connection", "close");
    // Node's would be of today, and a keeper learns from it what time it is
    response.sendDate = false;
    if (method === "OPTIONS") return response.writeHead(204, PREFLIGHT(headers)).end();
    response.on("close", () => {
      if (!response.writableFinished) browser.context.lost?.(request);
    });
    const body = await bodyOf(request).catch(() => null);
    await browser.context.serve({
      native: request,
      url: `https://${headers.host}${request.url}`,
      method,
      headers,
      body,
      tab: browser.context.tab,
      answer: ({ status = 200, contentType, headers: more = {}, body: text = "" }) =>
        void response.writeHead(status, { ...(contentType && { "content-type": contentType }), ...more }).end(text),
      drop: () => void request.socket.destroy(),
      refuse: () => void request.socket.destroy(),
    });
  });
  const proxy = createProxy((_, response) => response.writeHead(502).end());
  proxy.on("connect", (_, socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    tls.emit("connection", socket);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return { at: `http://127.0.0.1:${proxy.address().port}`, close: () => proxy.close() };
}

const PREFLIGHT = ({ origin, "access-control-request-headers": wanted }) => ({
  "access-control-allow-origin": origin,
  "access-control-allow-credentials": "true",
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": wanted ?? "",
});

// ---- WebDriver ------------------------------------------------------------------------------------------------------

/** Sends one command after another, as WebDriver wants it. */
class Session {
  #last = Promise.resolve();

  constructor(at) {
    this.at = at;
  }

  send(method, where, body) {
    const sent = this.#last.then(async () => {
      const response = await fetch(this.at + where, { method, body: body && JSON.stringify(body) });
      const { value } = await response.json();
      if (!response.ok) throw new Error(`${value?.error}: ${value?.message}`);
      return value;
    });
    this.#last = sent.catch(() => {});
    return sent;
  }
}

/** A value as source text: JSON would make `undefined` and Infinity null, and a default no longer apply. */
const sourceOf = (value) =>
  JSON.stringify(value, (_, one) => (one === undefined || one === Infinity ? `\0${one}` : one)).replace(
    /"\\u0000(undefined|Infinity)"/g,
    "$1",
  );

/**
 * JSON knows no Infinity, which the harness uses for "never", and would look for the members of an element. What it
 * can't say, such as a Service of powerbi-client, nobody asks for.
 */
const RUN = (expression) => `
  const done = arguments[arguments.length - 1];
  const plain = (_, value) => (value === Infinity ? "∞" : value instanceof Node ? undefined : value);
  const text = (value) => {
    try {
      return JSON.stringify(value, plain);
    } catch {
      return undefined;
    }
  };
  (async () => text(await ${expression}))().then(
    (value) => done({ value }),
    (error) => done({ message: String(error?.message ?? error) }),
  );`;

class Tab {
  constructor(session) {
    this.session = session;
  }

  async goto(url) {
    await this.session.send("POST", "/url", { url });
  }

  async evaluate(what, arg) {
    const given = arg === undefined ? "" : sourceOf(arg);
    const expression = typeof what === "function" ? `(${what})(${given})` : `(${what})`;
    const { value, message } = await this.session.send("POST", "/execute/async", { script: RUN(expression), args: [] });
    if (message !== undefined) throw new Error(message);
    return value === undefined || value === null
      ? undefined
      : JSON.parse(value, (_, one) => (one === "∞" ? Infinity : one));
  }
}

class Context {
  /** A driver has one session at a time, so each has one of its own, which can be ended whatever the page does. */
  static async open(env) {
    const context = new Context();
    const port = await freePort();
    context.driver = spawn("WebKitWebDriver", [`--port=${port}`], { stdio: "ignore", env, detached: true });
    process.once("exit", () => context.kill());
    const at = `http://127.0.0.1:${port}`;
    for (let left = 100; ; left -= 1) {
      const status = await fetch(`${at}/status`).catch(() => null);
      if (status?.ok) break;
      if (left === 0) throw new Error("WebKitWebDriver does not answer");
      await pause(100);
    }
    const { sessionId } = await new Session(at).send("POST", "/session", {
      capabilities: {
        alwaysMatch: {
          acceptInsecureCerts: true,
          proxy: { proxyType: "system" },
          // the driver would count a script's time by the page's own timers, which are ours
          timeouts: { script: null, pageLoad: PATIENCE },
          "webkitgtk:browserOptions": { binary: findMiniBrowser(), args: ["--automation"] },
        },
      },
    });
    context.session = new Session(`${at}/session/${sessionId}`);
    return context;
  }

  newPage() {
    this.tab ??= new Tab(this.session);
    return this.tab;
  }

  /** Whether there was anything to end. */
  kill() {
    const { pid, exitCode, signalCode } = this.driver;
    if (exitCode !== null || signalCode !== null) return false;
    return process.kill(-pid, "SIGKILL"); // the browser is of its group
  }

  async close() {
    const ended = once(this.driver, "exit");
    if (this.kill()) await ended;
  }
}

export async function launchWebKit() {
  const browser = { context: null };
  const [screen, network] = await Promise.all([startScreen(), startNetwork(browser)]);
  const env = {
    ...process.env,
    DISPLAY: screen.display,
    https_proxy: network.at,
    no_proxy: "",
    // no sandbox of its own: containers have no namespaces to give it
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
  };
  return {
    async newContext() {
      browser.context = await Context.open(env);
      return browser.context;
    },
    async close() {
      network.close();
      screen.close();
    },
  };
}
