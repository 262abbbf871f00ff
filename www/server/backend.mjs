// The demo's backend: mints short-lived tokens on request, fails on demand, and serves the page and the sandbox.
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import Fastify from "fastify";
import { damage, mintAadToken, mintEmbedToken, oauthAnswer, restAnswer } from "./mint.mjs";
import { DIAGNOSIS_POLICY, FRAME_POLICY, PAGE_POLICY } from "./policy.mjs";
import { DEFAULTS, SCHEMA } from "./switches.mjs";

/** @typedef {import("./switches.mjs").Switches} Switches */
/** @typedef {"embed" | "aad"} Kind */

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const SANDBOX = fileURLToPath(new URL("../sandbox/", import.meta.url));
const BODY_LIMIT = 16 * 1024;
// What a proxy says of a backend that is being restarted; without it a caller does well to wait a whole minute.
const OUTAGE_RETRY_AFTER_SECONDS = 5;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * @param {object} [options]
 * @param {boolean} [options.loopback] Default true: refuses requests whose Host is not this machine (DNS rebinding).
 * @param {boolean} [options.log] Default false: one JSON line per request; never a body, so never a token.
 * @param {Partial<Switches>} [options.switches] What is switched on from the start.
 * @param {() => number} [options.now] Default Date.now.
 * @returns {import("fastify").FastifyInstance} Not listening yet.
 */
export function createBackend({ loopback = true, log = false, switches: first = {}, now = Date.now } = {}) {
  /** @type {Switches} */
  let switches = { ...DEFAULTS, ...first };
  const startedAt = now();
  const requests = { embed: 0, aad: 0, answered: 0, refused: 0 };
  /** @type {{ embed: object | null, aad: object | null }} */
  const last = { embed: null, aad: null };
  const closing = new AbortController();

  const app = Fastify({
    logger: log,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    // Fastify's defaults would turn "true" into true and drop unknown keys in silence; a mistyped switch must be told.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  });

  app.addHook("onRequest", async (request, reply) => {
    if (loopback && !LOOPBACK.test(request.headers.host ?? "")) await reply.code(403).send({ error: { code: "Forbidden", message: "This server answers to this machine only." } });
  });
  app.addHook("preClose", async () => closing.abort());
  app.addHook("onSend", async (_request, reply) => { reply.header("X-Content-Type-Options", "nosniff"); });

  /** @param {Kind} kind */
  function mint(kind) {
    const wanted = switches.wrongKind ? (kind === "embed" ? "aad" : "embed") : kind;
    const expiresAt = now() + switches.lifetimeSeconds * 1000;
    const whole = wanted === "embed" ? mintEmbedToken({ expiresAt }) : mintAadToken({ expiresAt, issuedAt: now() });
    const token = switches.damaged ? damage(whole) : whole;
    return kind === "embed" ? restAnswer(token, expiresAt) : oauthAnswer(token, expiresAt, now());
  }

  /** @param {Kind} kind */
  const tokenRoute = (kind) => async (/** @type {import("fastify").FastifyRequest} */ _request, /** @type {import("fastify").FastifyReply} */ reply) => {
    requests[kind] += 1;
    if (switches.delayMs > 0) await wait(switches.delayMs, undefined, { signal: closing.signal }).catch(() => {});
    reply.header("Cache-Control", "no-store");
    const { outage, throttle, denied, sameToken } = switches;
    const refuse = (/** @type {number} */ status, /** @type {string} */ code, /** @type {string} */ message) => {
      requests.refused += 1;
      return reply.code(status).send({ error: { code, message } });
    };
    if (outage === "drop") {
      requests.refused += 1;
      reply.hijack();
      reply.raw.destroy();
      return reply;
    }
    if (outage === "status") {
      reply.header("Retry-After", String(OUTAGE_RETRY_AFTER_SECONDS));
      return refuse(503, "ServiceUnavailable", "The backend is down for the moment.");
    }
    if (throttle !== null) {
      reply.header("Retry-After", String(throttle));
      return refuse(429, "TooManyRequests", "Too many requests.");
    }
    if (denied) return refuse(401, "Unauthorized", "The sign-in has ended.");
    requests.answered += 1;
    if (!sameToken || last[kind] === null) last[kind] = mint(kind);
    return last[kind];
  };

  app.post("/api/embed-token", tokenRoute("embed"));
  app.get("/api/aad-token", { exposeHeadRoute: false }, tokenRoute("aad"));
  app.post("/api/aad-token", tokenRoute("aad"));
  app.get("/api/switches", async () => switches);
  app.put("/api/switches", { schema: { body: SCHEMA } }, async (request) => {
    switches = { ...switches, .../** @type {Partial<Switches>} */ (request.body) };
    return switches;
  });
  app.delete("/api/switches", async () => (switches = { ...DEFAULTS, ...first }));
  app.get("/api/health", async () => ({ status: "ok", uptimeSeconds: Math.round((now() - startedAt) / 1000), requests }));

  app.register(fastifyStatic, {
    root: SANDBOX, prefix: "/sandbox/", decorateReply: false, cacheControl: false, index: false,
    setHeaders: (reply) => { reply.setHeader("Content-Security-Policy", FRAME_POLICY); reply.setHeader("Cache-Control", "no-cache"); },
  });
  if (existsSync(DIST)) {
    app.register(fastifyStatic, {
      root: DIST, cacheControl: false,
      setHeaders: (reply, file) => {
        reply.setHeader("Content-Security-Policy", path.basename(file) === "diagnose.html" ? DIAGNOSIS_POLICY : PAGE_POLICY);
        reply.setHeader("Referrer-Policy", "no-referrer");
        reply.setHeader("Cache-Control", "no-cache");
      },
    });
  } else {
    app.get("/", async (_request, reply) => reply.code(503).type("text/plain").send("The page is not built yet: npm start builds it."));
  }
  return app;
}
