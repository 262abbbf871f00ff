// The page and the stand-in frame, each with its policy.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { errorResponse } from "../backend/responses";
import { type ExternalOrigins, FRAME_POLICY, policyOf } from "./policy";

// The built server lies in www/dist-server, beside what it serves.
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const SANDBOX = fileURLToPath(new URL("../sandbox/", import.meta.url));

export function addFiles(app: FastifyInstance, external?: ExternalOrigins) {
  app.register(fastifyStatic, {
    root: SANDBOX,
    prefix: "/sandbox/",
    decorateReply: false,
    cacheControl: false,
    index: false,
    setHeaders: (reply) => {
      reply.setHeader("Content-Security-Policy", FRAME_POLICY);
      reply.setHeader("Cache-Control", "no-cache");
    },
  });
  if (existsSync(DIST)) {
    app.register(fastifyStatic, {
      root: DIST,
      cacheControl: false,
      setHeaders: (reply, file) => {
        reply.setHeader("Content-Security-Policy", policyOf(path.basename(file), external));
        reply.setHeader("Referrer-Policy", "no-referrer");
        reply.setHeader("Cache-Control", "no-cache");
      },
    });
  } else {
    app.get("/", async (_request, reply) =>
      reply.code(503).send(errorResponse(503, "NotBuilt", "The page is not built yet: npm start builds it.").body),
    );
  }
}
