/**
 * The command line, `npx powerbi-token-keeper`: the package's diagnosis in Node. Nothing leaves the machine.
 *
 * Results go to standard output; the prompt and error messages go to standard error. Neither ever contains a token:
 * input is repeated only where it is known to be harmless.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { diagnose, explain, inspectToken, KeeperError } from "powerbi-token-keeper";
import type { DiagnoseOptions, Explanation, Finding, TokenReport } from "powerbi-token-keeper";
import { type Command, help, parse, UsageError } from "./args.js";
import { readConfig, readError, readToken } from "./input.js";
import { escapeControls, TerminalWriter } from "./terminal.js";
import { printExplanation, printFindings, printReport, withoutSecrets } from "./report.js";

/** Exit codes. */
const EXIT_OK = 0;
const EXIT_FOUND = 1;
const EXIT_USAGE = 2;

const isError = ({ severity }: Finding) => severity === "error";

/** The result of a command: its data, whether it contains an error, and how to print it. */
interface Outcome {
  readonly data: TokenReport | readonly Finding[] | Explanation;
  readonly bad: boolean;
  readonly write: (out: TerminalWriter) => void;
}

async function runInspect(options: DiagnoseOptions, now: number): Promise<Outcome> {
  const data = withoutSecrets(await inspectToken(await readToken(), options));
  return { data, bad: data.findings.some(isError), write: (out) => printReport(out, data, now) };
}

async function runDiagnose(file: string, options: DiagnoseOptions): Promise<Outcome> {
  const config = await readConfig(file);
  const data = await diagnose(config, options);
  const isRequest =
    !("type" in config) && ["accessLevel", "datasets", "reports", "identities"].some((name) => name in config);
  const of = isRequest ? "this GenerateToken request" : "this configuration";
  return { data, bad: data.some(isError), write: (out) => printFindings(out, data, of) };
}

async function runExplain(
  error: string,
  config: string | undefined,
  all: boolean,
  options: DiagnoseOptions,
): Promise<Outcome> {
  const read = await readError(error);
  const data = await explain(read, config === undefined ? config : await readConfig(config), options);
  const bad = data.causes.some((cause) => cause.verdict === "confirmed" && isError(cause));
  return { data, bad, write: (out) => printExplanation(out, data, { all, hasConfig: config !== undefined }) };
}

function runCommand({ name, files: [first = "", second], all, options }: Command): Promise<Outcome> {
  const now = options.now ?? Date.now();
  switch (name) {
    case "inspect":
      return runInspect({ ...options, now }, now);
    case "diagnose":
      return runDiagnose(first, { ...options, now });
    case "explain":
      return runExplain(first, second, all, { ...options, now });
  }
}

const version = () =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

async function main(args: string[]): Promise<number> {
  const asked = parse(args);
  if (asked === "help" || asked === "version") {
    process.stdout.write(asked === "help" ? help : `${version()}\n`);
    return EXIT_OK;
  }
  const { data, bad, write } = await runCommand(asked);
  const out = new TerminalWriter(process.stdout, process.env);
  if (!asked.json) write(out);
  process.stdout.write(asked.json ? `${escapeControls(JSON.stringify(data, null, 2))}\n` : out.text());
  return bad ? EXIT_FOUND : EXIT_OK;
}

/** The sentence for an error. Only our own messages are printed, since others may quote the input. */
function reason(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof KeeperError) return `The diagnosis could not be started (${error.code}): it needs WebAssembly.`;
  return "Unexpected error. Please report it, without the token.";
}

// The reader may close the pipe early, as `head` does.
process.stdout.on("error", () => process.exit());

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`powerbi-token-keeper: ${reason(error)}\n`);
  process.exitCode = error instanceof UsageError ? error.exitCode : EXIT_USAGE;
}
