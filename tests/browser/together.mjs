// Several files of scenarios in one process and one browser: `node tests/browser/together.mjs FILE…`. Starting both for
// each file takes as long as telling five scenarios.

import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

for (const file of process.argv.slice(2)) await import(pathToFileURL(path.resolve(file)).href);
