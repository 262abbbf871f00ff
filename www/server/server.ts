// The demo's server: the page, the stand-in frame, and the backend of www/backend behind HTTP.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance } from "fastify";
import { DemoBackend, type Options as BackendOptions } from "../backend/backend";
import { DIAGNOSIS_POLICY, FRAME_POLICY, LANE_POLICY, PAGE_POLICY } from "./policy";

// The built server lies in www/dist-server, beside what it serves.
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const SANDBOX = fileURLToPath(new URL("../sandbox/", import.meta.url));
const POLICIES: Record<string, string> = { "diagnose.html": DIAGNOSIS_POLICY, "lane.html": LANE_POLICY };
const BODY_LIMIT = 16 * 1024;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

export interface ServerOptions extends BackendOptions {
  /** Default true: refuses requests whose Host is not this machine (DNS rebinding). */
  loopback?: boolean;
  /** Default false: one JSON line per request; never a body, so never a token. */
  log?: boolean;
}

/** Not listening yet. */
export function createServer({ loopback = true, log = false, ...options }: ServerOptions = {}): FastifyInstance {
  const backend = new DemoBackend(options);
  const app = Fastify({ logger: log, bodyLimit: BODY_LIMIT, forceCloseConnections: true, routerOptions: { caseSensitive: true } });

  app.addHook("onRequest", async (request, reply) => {
    if (loopback && !LOOPBACK.test(request.headers.host ?? "")) await reply.code(403).send({ error: { code: "Forbidden", message: "This server answers to this machine only." } });
  });
  app.addHook("onSend", async (_request, reply) => { reply.header("X-Content-Type-Options", "nosniff"); });

  addApi(app, backend);
  addFiles(app);
  return app;
}

function addApi(app: FastifyInstance, backend: DemoBackend) {
  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());
  app.route({
    method: ["GET", "POST", "PUT", "DELETE"], url: "/api/*", exposeHeadRoute: false,
    handler: async (request, reply) => {
      const gone = new AbortController();
      request.raw.once("close", () => gone.abort());
      const { pathname } = new URL(request.url, "http://localhost");
      const answer = await backend.handle({ method: request.method, path: pathname, body: request.body }, AbortSignal.any([gone.signal, closing.signal]));
      if (answer !== "drop") return reply.code(answer.status).headers(answer.headers).send(answer.body);
      reply.hijack();
      reply.raw.destroy();
    },
  });
}

function addFiles(app: FastifyInstance) {
  app.register(fastifyStatic, {
    root: SANDBOX, prefix: "/sandbox/", decorateReply: false, cacheControl: false, index: false,
    setHeaders: (reply) => { reply.setHeader("Content-Security-Policy", FRAME_POLICY); reply.setHeader("Cache-Control", "no-cache"); },
  });
  if (existsSync(DIST)) {
    app.register(fastifyStatic, {
      root: DIST, cacheControl: false,
      setHeaders: (reply, file) => {
        reply.setHeader("Content-Security-Policy", POLICIES[path.basename(file)] ?? PAGE_POLICY);
        reply.setHeader("Referrer-Policy", "no-referrer");
        reply.setHeader("Cache-Control", "no-cache");
      },
    });
  } else {
    app.get("/", async (_request, reply) => reply.code(503).type("text/plain").send("The page is not built yet: npm start builds it."));
  }
}
