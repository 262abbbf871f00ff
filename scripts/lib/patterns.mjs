// What the linter of the format stage can't see: regular expressions whose time grows faster than their text, which a
// pasted text or an answer would turn into a frozen page (eslint-plugin-regexp); Math.random, whose next value can be
// computed from a few others, so that it draws nothing that must not be guessed; and text that is written as HTML.

import { readFileSync } from "node:fs";
import path from "node:path";
import { fromRoot } from "./run.mjs";

/** esbuild's loader for a file, since ESLint's own parser reads JavaScript alone. */
const LOADERS = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
  ".vue": "ts",
  ".svelte": "ts",
};
const SCRIPT = /<script\b(?![^>]*\btype="importmap")[^>]*>([\s\S]*?)<\/script>/g;

/** A page shows what it is given as text. */
const NO_HTML = [
  "error",
  { selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]", message: "Use textContent." },
  {
    selector:
      "CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|write(ln)?)$/]" +
      "[callee.object.name=/^(document|element|.*el)$/i]",
    message: "Use textContent.",
  },
];
/** The stand-in for the frame makes HTML, of words of its own alone. */
const MAKES_HTML = "www/sandbox/frame.html";

/** The code in a file: all of it, or its script elements. */
function codeOf(file) {
  const text = readFileSync(fromRoot(file), "utf8");
  if (!/\.(vue|svelte|html)$/.test(file)) return text;
  return [...text.matchAll(SCRIPT)].map(([, code]) => code).join(";\n");
}

/** A line for each fault in the files. */
export async function unsafeCode(files) {
  const [{ Linter }, regexp, { transformSync }] = await Promise.all([
    import("eslint"),
    import("eslint-plugin-regexp"),
    import("esbuild"),
  ]);
  const linter = new Linter({ configType: "flat" });
  const configFor = (file) => ({
    files: ["**/*"],
    languageOptions: { ecmaVersion: "latest", sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    plugins: { regexp: regexp.default ?? regexp },
    rules: {
      "regexp/no-super-linear-backtracking": ["error", { report: "potential" }],
      "regexp/no-super-linear-move": ["error", { report: "potential" }],
      "no-restricted-syntax": file === MAKES_HTML ? "off" : NO_HTML,
      "no-restricted-properties": ["error", { object: "Math", property: "random", message: "Use crypto." }],
    },
  });
  return files.flatMap((file) => {
    const loader = LOADERS[path.extname(file)] ?? "js";
    const { code } = transformSync(codeOf(file), {
      loader,
      logLevel: "silent",
      tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    });
    return linter
      .verify(code, configFor(file), { filename: "code.js" })
      .map(({ message, line }) => `${file}: ${message}\n    ${code.split("\n")[line - 1].trim()}`);
  });
}
