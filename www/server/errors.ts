// One shape for every error: `{ error: { code, message } }`. The messages are our own, since a parser's quotes what it
// read.
import type { FastifyInstance } from "fastify";
import { errorResponse } from "../backend/responses";

const ERROR_TEXT: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["BadRequest", "The request or its JSON can't be read."],
  404: ["NotFound", "There is no such address here."],
  413: ["PayloadTooLarge", "The request's body is too large."],
  415: ["UnsupportedMediaType", "The request's body must be JSON."],
  429: ["TooManyRequests", "That was more often than this server wants to ask Microsoft."],
};

export function answerErrors(app: FastifyInstance) {
  app.setErrorHandler((error: { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    const known = ERROR_TEXT[status];
    if (status >= 500 || !known) request.log.error({ err: error }, "a request failed");
    const [code, message] = known ?? [
      "InternalServerError",
      "Something went wrong in the demo's server; its log says more.",
    ];
    return reply.code(known ? status : 500).send(errorResponse(status, code, message).body);
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorResponse(404, ...(ERROR_TEXT[404] as [string, string])).body),
  );
}
