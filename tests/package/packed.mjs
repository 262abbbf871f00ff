// The package as npm would publish it: packed, unpacked, and served from a plain static file server.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const windows = process.platform === "win32";

/** npm's own word on what it packs; `--ignore-scripts`, since the build has just run. */
export function npmPack(...args) {
  const json = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--loglevel=error", ...args], {
    cwd: root,
    encoding: "utf8",
    shell: windows,
  });
  // npm 11 answers with a list, npm 12 with an object by name.
  return Object.values(JSON.parse(json))[0];
}

/** Packs into a folder of its own and unpacks as an installation would. */
export function installed() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "packed-"));
  const { filename } = npmPack("--pack-destination", folder);
  const modules = path.join(folder, "node_modules");
  mkdirSync(modules);
  execFileSync("tar", ["-xzf", path.join(folder, filename), "-C", modules]);
  return {
    folder,
    home: path.join(modules, "package"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const types = { ".html": "text/html", ".js": "text/javascript" };

/**
 * Serves files of `folder`, and `pages` by path, at a free port of this machine; `answer(pathname)` may give `{ status,
 * headers, body }` instead.
 */
export async function serve(folder, pages, answer = () => undefined) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const other = answer(pathname);
    if (other)
      return void response
        .writeHead(other.status ?? 200, {
          "content-type": types[path.extname(pathname)] ?? "text/html",
          ...other.headers,
        })
        .end(other.body);
    try {
      const body = pages[pathname] ?? readFileSync(path.join(folder, path.normalize(pathname)));
      response
        .writeHead(200, { "content-type": types[path.extname(pathname)] ?? "application/octet-stream" })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((closed) => server.close(closed)),
  };
}
