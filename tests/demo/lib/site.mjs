// The static site as any server would hand it out, below a path.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../www/dist-static/", import.meta.url));
const PREFIX = "/some/path/";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export async function serveSite() {
  assert.ok(existsSync(path.join(ROOT, "offline.js")), "the static site is not built: npm run demo:build");
  const asked = [];
  const server = createServer(async ({ url }, answer) => {
    const { pathname } = new URL(url, "http://site");
    asked.push(pathname);
    const file = path.join(ROOT, pathname.slice(PREFIX.length) || "index.html");
    const body = pathname.startsWith(PREFIX) && file.startsWith(ROOT) ? await readFile(file).catch(() => null) : null;
    answer.writeHead(body ? 200 : 404, { "content-type": TYPES[path.extname(file)] ?? "text/plain" });
    answer.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${PREFIX}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
