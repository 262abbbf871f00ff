/**
 * The command line, `npx powerbi-token-keeper`: the package's diagnosis in Node. Nothing leaves the machine.
 *
 * What is asked for goes to standard output; the prompt, and the sentence that says why a run failed, to standard
 * error. Neither ever holds a token: whatever the user gave is repeated only where it is known to be harmless.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { diagnose, explain, inspectToken, KeeperError } from "powerbi-token-keeper";
import type { DiagnoseOptions, Explanation, Finding, TokenReport } from "powerbi-token-keeper";
import { type Command, help, parse, Refused } from "./cli/args.js";
import { readJson, readObject, readToken } from "./cli/input.js";
import { Paper } from "./cli/paper.js";
import { explanationOn, findingsOn, reportOn } from "./cli/words.js";

/** What the process ends with. */
const HEALTHY = 0;
const FOUND = 1;
const USAGE = 2;

const severe = ({ severity }: Finding) => severity === "error";

/** What came out: its data, whether it is bad news, and how it is said. */
interface Outcome {
  readonly data: TokenReport | readonly Finding[] | Explanation;
  readonly bad: boolean;
  readonly write: (paper: Paper) => void;
}

async function inspected(options: DiagnoseOptions, now: number): Promise<Outcome> {
  const data = await inspectToken(await readToken(), options);
  return { data, bad: data.findings.some(severe), write: (paper) => reportOn(paper, data, now) };
}

async function diagnosed(file: string, options: DiagnoseOptions): Promise<Outcome> {
  const data = await diagnose(await readObject(file), options);
  return { data, bad: data.some(severe), write: (paper) => findingsOn(paper, data, "this configuration") };
}

async function explained(error: string, config: string | undefined, options: DiagnoseOptions): Promise<Outcome> {
  const data = await explain(await readJson(error), config === undefined ? config : await readObject(config), options);
  const bad = data.causes.some((cause) => cause.verdict === "confirmed" && severe(cause));
  return { data, bad, write: (paper) => explanationOn(paper, data) };
}

function perform({ name, files: [first = "", second], options }: Command): Promise<Outcome> {
  const now = options.now ?? Date.now();
  switch (name) {
    case "inspect":
      return inspected({ ...options, now }, now);
    case "diagnose":
      return diagnosed(first, { ...options, now });
    case "explain":
      return explained(first, second, { ...options, now });
  }
}

const version = () =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

async function main(args: string[]): Promise<number> {
  const asked = parse(args);
  if (asked === "help" || asked === "version") {
    process.stdout.write(asked === "help" ? help : `${version()}\n`);
    return HEALTHY;
  }
  const { data, bad, write } = await perform(asked);
  const paper = new Paper(process.stdout, process.env);
  if (!asked.json) write(paper);
  process.stdout.write(asked.json ? `${JSON.stringify(data, null, 2)}\n` : paper.text());
  return bad ? FOUND : HEALTHY;
}

/** Why there is no outcome. The message of an error that isn't ours may quote what was read: it stays unsaid. */
function reason(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof KeeperError)
    return `The diagnosis could not be started here (${error.code}): it needs WebAssembly.`;
  return "Something went wrong that should not have; please report it, without the token.";
}

// Whoever reads may stop reading, as `head` does.
process.stdout.on("error", () => process.exit());

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`powerbi-token-keeper: ${reason(error)}\n`);
  process.exitCode = error instanceof Refused ? error.exitCode : USAGE;
}
