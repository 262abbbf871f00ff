// A server for the pages: its files compressed with brotli beforehand, nothing cached, one connection kept open.

import { once } from "node:events";
import { createServer } from "node:http";
import { brotli } from "../../scripts/lib/sizes.mjs";

// Isolated from other origins, a page's clock has steps of 5 µs instead of 100.
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };

/** Serves `files`, path to text, on loopback, which browsers trust as they trust https. */
export async function serve(files) {
  const answers = new Map(
    Object.entries(files).map(([path, text]) => {
      const body = brotli(text);
      const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? TYPES.html;
      return [
        path,
        {
          body,
          head: {
            "content-type": type,
            "content-encoding": "br",
            "content-length": body.length,
            "cache-control": "no-store",
            ...ISOLATED,
          },
        },
      ];
    }),
  );
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const answer = answers.get(request.url);
    if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(200, answer.head).end(answer.body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
