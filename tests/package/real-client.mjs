// The real powerbi-client in Node: its bundle run in a context with as much of a DOM as embed() touches.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import vm from "node:vm";

const require = createRequire(import.meta.url);

class Element {
  children = [];
  style = {};
  attributes = new Map();
  contentWindow = { postMessage() {} };
  get firstChild() {
    return this.children[0] ?? null;
  }
  get outerHTML() {
    return "<div></div>";
  }
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  setAttribute(name, value) {
    this.attributes.set(name, value);
  }
  appendChild(child) {
    this.children.push(child);
    return child;
  }
  removeChild(child) {
    this.children = this.children.filter((other) => other !== child);
  }
  addEventListener() {}
  removeEventListener() {}
  dispatchEvent() {}
}

/**
 * Loads a version, by the name that it is installed under. Returns `embed(config)`: what the real `embed()` throws, or
 * undefined; createReport() and quickCreate() stand in for it where the type is theirs.
 */
export function realClient(name) {
  const window = {
    addEventListener() {},
    removeEventListener() {},
    crypto: globalThis.crypto,
    location: { href: "https://page.example/" },
    setTimeout: () => 0,
    clearTimeout() {},
  };
  const document = { createElement: () => new Element(), addEventListener() {}, readyState: "complete" };
  const sandbox = { ...window, window, document, self: window, URL, console, module: { exports: {} }, Uint32Array };
  sandbox.exports = sandbox.module.exports;
  window.window = window;
  window.parent = window;
  vm.runInNewContext(readFileSync(require.resolve(`${name}/dist/powerbi.js`), "utf8"), sandbox);
  const { service, factories } = sandbox.module.exports;
  const create = () => new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
  return {
    version: JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")).version,
    embed(config) {
      const powerbi = create();
      // an array of another realm is none to Array.isArray's cousins: everything is made in the client's own
      const own = vm.runInNewContext("(text) => JSON.parse(text)", sandbox)(JSON.stringify(config));
      for (const [key, hook] of Object.entries(config.eventHooks ?? {}))
        if (typeof hook === "function") own.eventHooks[key] = hook;
      try {
        if (own.type === "create") powerbi.createReport(new Element(), own);
        else if (own.type === "quickCreate" && powerbi.quickCreate) powerbi.quickCreate(new Element(), own);
        else powerbi.embed(new Element(), own);
        return undefined;
      } catch (error) {
        return error;
      }
    },
  };
}
