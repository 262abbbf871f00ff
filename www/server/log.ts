// Structured logs, one JSON line each, of what happened and never of what was in it: no body, no header, no query.
import { type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from "fastify";

export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type Level = (typeof LEVELS)[number];

// Nothing that we log has such a key; should a library's error have one, its value stays out.
const SECRET_KEYS = [
  "token",
  "accessToken",
  "access_token",
  "client_secret",
  "client_assertion",
  "clientSecret",
  "privateKey",
  "authorization",
  "Authorization",
  "cookie",
  "body",
  "headers",
];

/** One line for an answered request of the backend; files are for those who look closer. */
class Requests extends LogController {
  override incomingRequest() {}

  override requestCompleted(_error: Error | null, request: FastifyRequest, reply: FastifyReply) {
    const [path = ""] = request.url.split("?");
    const line = { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    if (path.startsWith("/api/")) request.log.info(line, "answered");
    else request.log.debug(line, "answered");
  }

  override routeNotFound() {}
}

export function logging(level: Level): Pick<FastifyServerOptions, "logger" | "logController"> {
  return {
    logController: new Requests(),
    logger: {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[secret]" },
      serializers: { req: () => ({}), res: () => ({}) },
    },
  };
}
