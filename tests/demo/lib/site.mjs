// The static site as any server would hand it out: below a path, and compressed as such servers do.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ROOT = fileURLToPath(new URL("../../../www/dist-static/", import.meta.url));
const PREFIX = "/some/path/";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};
const COMPRESSED = /^(text|image\/svg)/;

export async function serveSite() {
  assert.ok(existsSync(path.join(ROOT, "offline.js")), "the static site is not built: npm run demo:build");
  const asked = [];
  /** Bytes of the bodies that were sent, by path. */
  const sent = new Map();
  const server = createServer(async ({ url }, answer) => {
    const { pathname } = new URL(url, "http://site");
    asked.push(pathname);
    const file = path.join(ROOT, pathname.slice(PREFIX.length) || "index.html");
    const body = pathname.startsWith(PREFIX) && file.startsWith(ROOT) ? await readFile(file).catch(() => null) : null;
    const type = TYPES[path.extname(file)] ?? "text/plain";
    const zipped = body && COMPRESSED.test(type) ? gzipSync(body) : null;
    const wire = zipped ?? body ?? Buffer.alloc(0);
    sent.set(pathname, (sent.get(pathname) ?? 0) + wire.length);
    answer.writeHead(body ? 200 : 404, {
      "content-type": type,
      "cache-control": "max-age=600",
      ...(zipped && { "content-encoding": "gzip" }),
    });
    answer.end(wire);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${PREFIX}`,
    asked,
    sent,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
