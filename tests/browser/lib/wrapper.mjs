// Pages with powerbi-client-react, bundled for a version of React and of powerbi-client. They run in StrictMode, with
// React's build for development, which mounts everything twice.

import { build } from "esbuild";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { dist } from "./site.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const modules = (name) => path.join(root, "node_modules", name);

const PAGE = `
import { createElement, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { PowerBIEmbed } from "powerbi-client-react";

window.wrapper = { embeds: [], service: undefined, setToken: null, render };

function Report({ keeper, config }) {
  const [configured] = useState(() => keeper.configure(config));
  const [token, set] = useState();
  const [embed, setEmbed] = useState(null);
  wrapper.setToken = set;
  useEffect(() => (embed ? keeper.attach(embed) : undefined), [keeper, embed]);
  const getEmbeddedComponent = (given) => {
    wrapper.embeds.push(given);
    stage.embeds.report = given;
    // the harness looks for the frame where it is
    given.element.id = "report";
    setEmbed(given);
  };
  const embedConfig = token ? { ...configured, accessToken: token } : configured;
  return createElement(PowerBIEmbed, { embedConfig, getEmbeddedComponent, service: wrapper.service });
}

function render(keeper, config) {
  const place = stage.container("report");
  place.id = "place";
  createRoot(place).render(createElement(StrictMode, null, createElement(Report, { keeper, config })));
}
`;

const bundles = new Map();

/** `wrapper.render(keeper, config)` renders it without a token, `wrapper.setToken(text)` again with one. */
export function wrapperPage({ client, react }) {
  const key = `${client} ${react}`;
  if (!bundles.has(key)) bundles.set(key, bundle({ client, react }, PAGE));
  return bundles.get(key);
}

/** The page's own powerbi-client and its own chunks. */
function usePage({ onResolve, onLoad }) {
  onResolve({ filter: /^powerbi-client$/ }, () => ({ path: "powerbi-client", namespace: "page" }));
  onLoad({ filter: /.*/, namespace: "page" }, () => ({ contents: 'module.exports = window["powerbi-client"]' }));
  onResolve({ filter: /^powerbi-token-keeper\/react$/ }, () => ({ path: path.join(dist, "react.js") }));
  onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path: chunk, kind }) =>
    kind === "dynamic-import" ? { path: chunk, external: true } : undefined,
  );
}

/** Bundles a page with these versions. */
export async function bundle({ client, react }, contents) {
  const suffix = react === "18" ? "-18" : "";
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: path.join(root, "tests/browser/lib"), loader: "jsx" },
    bundle: true,
    format: "esm",
    target: "es2022",
    alias: {
      react: modules(`react${suffix}`),
      "react-dom": modules(`react-dom${suffix}`),
      // the wrapper of that time: the newest calls what 2.19 does not have
      "powerbi-client-react": modules(`powerbi-client-react${client.startsWith("2.19") ? "-1.3" : ""}`),
    },
    plugins: [{ name: "page", setup: (esbuild) => usePage(esbuild) }],
    define: { "process.env.NODE_ENV": '"development"' },
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].text;
}
