// What a bundler keeps of the package: of an import that is not used nothing, even where it may not believe
// package.json, and of one that is no chunk but behind its `import()`.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { rolldown } from "rolldown";
import { root } from "./packed.mjs";

async function bundled(code, moduleSideEffects) {
  const entry = {
    name: "entry",
    resolveId: (id) => (id === "entry" ? id : null),
    load: (id) => (id === "entry" ? code : null),
  };
  const bundle = await rolldown({
    input: "entry",
    cwd: root,
    plugins: [entry],
    treeshake: { moduleSideEffects },
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  return output.filter(({ type }) => type === "chunk");
}

for (const name of ["index.js", "csp.js"]) {
  const from = JSON.stringify(path.join(root, "dist", name));

  test(`an import of ${name} that is not used leaves nothing`, async () => {
    const [{ code }, ...chunks] = await bundled(`import { keepFresh } from ${from};`, false);
    assert.deepEqual([code.replace(/\/\/#.*/g, "").trim(), chunks], ["", []]);
  });

  test(`${name} does next to nothing when it is loaded, whatever package.json says`, async () => {
    const [{ code }, ...chunks] = await bundled(`import ${from};`, true);
    assert.ok(code.length < 400, `${code.length} characters: ${code.slice(0, 600)}`);
    assert.deepEqual(chunks, []);
  });

  test(`${name} keeps its engines and its diagnosis in chunks of their own`, async () => {
    const [{ code }, ...chunks] = await bundled(
      `import { keepFresh } from ${from}; keepFresh(document.body, { source: "/" });`,
      false,
    );
    assert.ok(code.length < 40_000, `${code.length} characters`);
    const kinds = chunks
      .map(({ fileName }) => /^(engine|diagnosis)-(js-data|js-code|js|wasm)|^tabs/.exec(fileName)?.[0])
      .filter(Boolean)
      .sort();
    const meant = [
      "diagnosis-js",
      "diagnosis-js-data",
      "engine-js",
      "engine-js-code",
      "tabs",
      ...(name === "index.js" ? ["diagnosis-wasm", "engine-wasm"] : []),
    ].sort();
    assert.deepEqual(kinds, meant);
  });
}
