// The demo's server as a process of its own, started as `npm start -- --live` starts it, with the stand-in for
// Microsoft.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { IDS, SECRET } from "./azure.mjs";

/** What `.env` says when nothing is wrong. */
export const settings = ({ origin }) => ({
  AZURE_TENANT_ID: IDS.tenant,
  AZURE_CLIENT_ID: IDS.client,
  AZURE_CLIENT_SECRET: SECRET,
  POWERBI_WORKSPACE_ID: IDS.group,
  POWERBI_REPORT_ID: IDS.report,
  AZURE_AUTHORITY_HOST: origin,
  POWERBI_API_URL: origin,
});

const INHERITED = ["PATH", "HOME", "SYSTEMROOT", "TMPDIR", "TEMP"];

export class Demo {
  /** Everything that it wrote, to either stream. */
  output = "";
  /** Everything that it answered: status, headers and body as text. */
  answers = [];
  #child;
  #folder;

  /**
   * @param {Azure} azure @param {Record<string, string | undefined>} [changes] Of the settings; undefined leaves one
   * out.
   */
  static async start(azure, changes = {}) {
    const demo = new Demo();
    await demo.#start(azure, changes);
    return demo;
  }

  async #start(azure, changes) {
    this.#folder = mkdtempSync(path.join(tmpdir(), "live-"));
    const file = { ...settings(azure), ...changes };
    writeFileSync(
      path.join(this.#folder, ".env"),
      Object.entries(file)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(""),
    );
    writeFileSync(path.join(this.#folder, "azure.pem"), azure.cert);
    this.#child = spawn(
      process.execPath,
      ["--import", new URL("shifted.mjs", import.meta.url).href, fromRoot("www/dist-server/main.js"), "--live"],
      {
        cwd: this.#folder,
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        env: {
          ...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
          PORT: "0",
          LOG_LEVEL: "debug",
          NODE_EXTRA_CA_CERTS: path.join(this.#folder, "azure.pem"),
        },
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on("data", (chunk) => (this.output += chunk));
    this.ended = once(this.#child, "close").then(([code]) => code);
    this.address = await this.#said(/demo: (http:\S+)\//);
  }

  #said = (pattern) => this.#found(() => this.output.match(pattern)?.[1]);

  /** The line of the log that is so, when it is there. */
  logged = (so) => this.#found(() => this.log.find(so));

  /** What is in the output, when it is there; null when the process ended before. */
  async #found(look) {
    for (;;) {
      const found = look();
      if (found) return found;
      if (this.#child.exitCode !== null) return null;
      await Promise.race([once(this.#child.stdout, "data"), this.ended]);
    }
  }

  async ask(method, route, body) {
    const response = await fetch(`${this.address}${route}`, {
      method,
      ...(body !== undefined && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : null };
    this.answers.push(answer);
    return answer;
  }

  token = (reason = "poll", route = "/api/embed-token") => this.ask("POST", route, { reason, embeds: [] });

  /** Its clock goes ahead of this machine's. */
  async moveTo(ahead) {
    const moved = once(this.#child, "message");
    this.#child.send({ ahead });
    await moved;
  }

  /** Each line of the log. */
  get log() {
    return this.output
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line));
  }

  /** Ends it, and sees that no secret has left it: tokens in the answers to requests for them alone. */
  async stop(azure, signal = "SIGTERM") {
    this.#child.kill(signal);
    const code = await this.ended;
    rmSync(this.#folder, { recursive: true });
    const said = this.answers.map(({ headers, text }) => JSON.stringify([...headers]) + text).join("\n");
    const entra = azure.tokens.filter((token) => token.startsWith("eyJ"));
    for (const secret of [SECRET, ...entra.flatMap(pieces)])
      assert.ok(!(this.output + said).includes(secret), "a secret of the backend left it");
    for (const secret of azure.tokens.flatMap(pieces))
      assert.ok(!this.output.includes(secret), "a token is in the log");
    return code;
  }
}

/** A token's parts, each long enough to give it away, but for the head that all of a kind share. */
const pieces = (token) =>
  token
    .split(".")
    .filter((part) => part.length > 100)
    .flatMap((part) => [part.slice(60, 100), part.slice(-40)]);
