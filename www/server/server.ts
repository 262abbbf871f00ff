// The demo's server: the page, the stand-in frame, and the backend of www/backend behind HTTP.
import fastifyRateLimit from "@fastify/rate-limit";
import Fastify, { type FastifyInstance } from "fastify";
import { DemoBackend, type Options as BackendOptions } from "../backend/backend";
import { errorResponse } from "../backend/responses";
import { addFiles } from "./files";
import { createLive } from "./live/live";
import type { Settings } from "./live/settings";
import { answerErrors } from "./errors";
import { type Level, logging } from "./log";
import type { ExternalOrigins } from "./policy";

const NOT_FOUND = "There is no such address here.";
const BODY_LIMIT = 16 * 1024;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
// A whole request must have arrived by then; a slow answer is another matter, and may be what a visitor wants.
const REQUEST_TIMEOUT_MS = 15_000;
const HEADERS_TIMEOUT_MS = 10_000;
// In live mode each request may cost one at Microsoft. Several keepers together stay far below.
const REQUESTS_PER_MINUTE = 120;

export interface ServerOptions extends Omit<BackendOptions, "issuer"> {
  /** Microsoft's tokens instead of our own. */
  live?: Settings;
  /** Default true: refuses requests whose Host is not this machine (DNS rebinding). */
  loopback?: boolean;
  /** Default "silent". */
  logLevel?: Level;
}

/** Not listening yet. */
export function createServer({
  live,
  loopback = true,
  logLevel = "silent",
  ...options
}: ServerOptions = {}): FastifyInstance {
  const app = Fastify({
    ...logging(logLevel),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    // Closing lets answers that are under way be sent; main.ts says for how long.
    forceCloseConnections: "idle",
  });
  answerErrors(app);

  app.addHook("onRequest", async (request, reply) => {
    if (loopback && !LOOPBACK.test(request.headers.host ?? ""))
      await reply.code(403).send(errorResponse(403, "Forbidden", "This server answers to this machine only.").body);
  });
  app.addHook("onRequest", async (request, reply) => {
    if (climbs(request.url)) await reply.code(404).send(errorResponse(404, "NotFound", NOT_FOUND).body);
  });
  app.addHook("onSend", async (_request, reply) => {
    reply.header("X-Content-Type-Options", "nosniff");
  });

  const backend = new DemoBackend({
    ...options,
    ...(live && { issuer: createLive({ settings: live, log: app.log }) }),
  });
  app.register(async (api) => {
    if (live) await api.register(fastifyRateLimit, { max: REQUESTS_PER_MINUTE, timeWindow: "1 minute" });
    addApi(api, backend);
  });
  addFiles(app, live && externalOrigins(live));
  return app;
}

function addApi(api: FastifyInstance, backend: DemoBackend) {
  const closing = new AbortController();
  api.addHook("preClose", async () => closing.abort());
  api.addHook("onRequest", async (request, reply) => {
    // Browsers name the site that asks, older ones by Origin alone; no other site's page has any business here.
    const { host, origin, "sec-fetch-site": site = "same-origin" } = request.headers;
    if ((site !== "same-origin" && site !== "none") || (origin !== undefined && !isOwn(origin, host)))
      await reply.code(403).send(errorResponse(403, "Forbidden", "This server answers to its own page only.").body);
  });
  api.route({
    method: ["GET", "POST", "PUT", "DELETE"],
    url: "/api/*",
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const { pathname } = new URL(request.url, "http://localhost");
      const answer = await backend.handle(
        { method: request.method, path: pathname, body: request.body },
        AbortSignal.any([gone.signal, closing.signal]),
      );
      if (answer !== "drop") return reply.code(answer.status).headers(answer.headers).send(answer.body);
      reply.hijack();
      reply.raw.destroy();
    },
  });
}

/** A path with `..` in it, however written. No page of ours asks for one. */
function climbs(url: string): boolean {
  const [path = ""] = url.split("?");
  return /(?:^|[/\\])\.\.(?:[/\\]|$)/.test(path.replaceAll(/%2e/gi, ".").replaceAll(/%2f|%5c/gi, "/"));
}

/** An Origin may be "null". */
const isOwn = (origin: string, host = "") => URL.canParse(origin) && new URL(origin).host === host;

/** Live mode's page shows Microsoft's frames and, where visitors sign in, asks Entra and the REST API itself. */
function externalOrigins({ cloud, signIn }: Settings): ExternalOrigins {
  return {
    frames: [cloud.embedOrigin, ...(signIn ? [cloud.authorityHost] : [])],
    requests: signIn ? [cloud.authorityHost, cloud.api] : [],
  };
}
