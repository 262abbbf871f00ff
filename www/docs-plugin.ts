// The documentation as pages of the site: each Markdown file of docs/, and those beside it that the docs link to.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Marked, type Tokens } from "marked";
import { gfmHeadingId } from "marked-gfm-heading-id";
import type { Plugin } from "vite";
import { DOCS_RULES } from "./server/policy.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Pages of the site, by the file that they are made from. */
const PAGES = new Map<string, string>([
  ["README.md", "index.html"],
  ["ARCHITECTURE.md", "docs/architecture.html"],
  ["CHANGELOG.md", "docs/changelog.html"],
  ["CONTRIBUTING.md", "docs/contributing.html"],
  ["SECURITY.md", "docs/security.html"],
  ...readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file.replaceAll("\\", "/")}`)
    .map((file): [string, string] => [file, file.replace(/README\.md$/, "index.md").replace(/\.md$/, ".html")]),
]);

/** Where a link in `file` leads on the site; null for what is in the repository alone. */
function target(file: string, href: string): string | null {
  if (/^(https?:|#)/.test(href)) return href;
  const [to = "", hash] = href.split("#");
  const page = PAGES.get(path.posix.join(path.posix.dirname(file), to));
  if (page === undefined) return null;
  const relative = path.posix.relative(path.posix.dirname(PAGES.get(file) as string), page);
  return hash === undefined ? relative : `${relative}#${hash}`;
}

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** Where the site has a picture that a page of it shows; `file` is the picture's in the repository. */
const pictureOf = (file: string) => `docs/images/${path.posix.basename(file)}`;

function render(file: string, pictures: Set<string>): string {
  const markdown = new Marked(gfmHeadingId(), {
    renderer: {
      link({ href, tokens }: Tokens.Link): string {
        const text = this.parser.parseInline(tokens);
        const to = target(file, href);
        return to === null ? text : `<a href="${escapeHtml(to)}">${text}</a>`;
      },
      image({ href, text }: Tokens.Image): string {
        const picture = path.posix.join(path.posix.dirname(file), href);
        pictures.add(picture);
        const src = path.posix.relative(path.posix.dirname(PAGES.get(file) as string), pictureOf(picture));
        return `<img src="${escapeHtml(src)}" alt="${escapeHtml(text)}">`;
      },
    },
  });
  const source = readFileSync(path.join(ROOT, file), "utf8");
  const body = markdown
    .parse(source, { async: false })
    .replaceAll("<table>", '<div class="table" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll("</table>", "</table></div>")
    .replaceAll("<pre>", '<pre tabindex="0">');
  const title = escapeHtml(/^# (.+)$/m.exec(source)?.[1] ?? "Documentation");
  const up = path.posix.relative(path.posix.dirname(PAGES.get(file) as string), "") || ".";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(DOCS_RULES)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${title}: documentation of powerbi-token-keeper.">
<title>${title} · powerbi-token-keeper</title>
<link rel="icon" href="${up}/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${up}/docs/docs.css">
<header><nav aria-label="Site"><a href="${up}/index.html">powerbi-token-keeper</a>
<a href="${up}/docs/index.html">Documentation</a><a href="${up}/diagnose.html">Check a token</a></nav></header>
<main>
${body}</main>
</html>
`;
}

export const docs = (): Plugin => ({
  name: "docs",
  apply: "build",
  generateBundle() {
    const css = ["style.css", "docs.css"].map((file) => readFileSync(path.join(ROOT, "www/src", file), "utf8"));
    this.emitFile({ type: "asset", fileName: "docs/docs.css", source: css.join("\n") });
    const pictures = new Set<string>();
    for (const [file, page] of PAGES)
      if (page !== "index.html") this.emitFile({ type: "asset", fileName: page, source: render(file, pictures) });
    for (const file of pictures)
      this.emitFile({ type: "asset", fileName: pictureOf(file), source: readFileSync(path.join(ROOT, file)) });
  },
});
