// Microsoft's own definitions of the REST API as checks of requests and answers:
// tests/data/generate-token.openapi.json, cut from sdk/swaggers/swagger.json of microsoft/PowerBI-CSharp (MIT,
// generate-token.license.txt).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const { paths, definitions } = JSON.parse(
  readFileSync(new URL("../data/generate-token.openapi.json", import.meta.url), "utf8"),
);

// The file is Swagger 2.0, whose definitions are JSON Schema with a few words more.
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: "answers", definitions });
ajv.addSchema({
  $id: "requests",
  definitions: Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, closed(one)])),
});

/**
 * The service ignores what it doesn't know; a mistyped property of ours would have no effect, and no test would tell.
 */
function closed(definition) {
  return definition.properties ? { ...definition, additionalProperties: false } : definition;
}

function check(schema, value, what) {
  assert.ok(ajv.validate(schema, value), `${what}: ${ajv.errorsText()}`);
}

/** A request to one of the file's paths is as Microsoft defines it. */
export function requests(path, params, body) {
  for (const { name, in: place, type, format, schema } of paths[path].post.parameters) {
    if (place === "path") check({ type, ...(format && { format }) }, params[name], `${path}, ${name}`);
    else check({ $ref: schema.$ref.replace("#", "requests#") }, body, `${path}, body`);
  }
}

/** An answer is as Microsoft defines it. */
export function answers(definition, body) {
  check({ $ref: `answers#/definitions/${definition}` }, body, definition);
}
