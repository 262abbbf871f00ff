/** Parses the command line. No message repeats an argument, since it could be a token. */
import { parseArgs } from "node:util";
import type { DiagnoseOptions } from "powerbi-token-keeper";

/** An error in how the program was called. Its message is ours, and safe to print. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly exitCode = 2,
  ) {
    super(message);
  }
}

export interface Command {
  readonly name: "inspect" | "diagnose" | "explain";
  readonly files: readonly string[];
  readonly json: boolean;
  /** Print every possible cause. */
  readonly all: boolean;
  readonly options: DiagnoseOptions;
}

export const help = `Explains why a Power BI token or embed configuration does not work. Nothing leaves this machine.

  powerbi-token-keeper inspect                            describe a token and what is wrong with it
  powerbi-token-keeper diagnose config.json               find what is wrong with an embed configuration
  powerbi-token-keeper diagnose request.json              find what is wrong with a GenerateToken request's body
  powerbi-token-keeper explain error.txt [config.json]    explain an error of powerbi-client, Entra or a backend

inspect reads the token from standard input, or prompts for it without echoing it; never pass a token as an argument.
A configuration may be JSON or JavaScript as it is in the code, an error any text. Use - as the file to read from
standard input.

  --all                   print every possible cause of an error, not only the three likeliest
  --json                  print the result as JSON: TokenReport, Finding[] or Explanation
  --now TIME              check as of this time: 2026-01-31T12:00:00Z, or milliseconds since 1970
  --tenant GUID           the tenant that owns the content
  --sdk-version VERSION   the version of powerbi-client on the page, such as 2.23.1
  --help, --version

Exit code: 0 no error found, 1 a finding (explain: a confirmed cause) of severity error, 2 wrong usage or an
unreadable file. Output to a terminal is coloured unless NO_COLOR is set.
`;

const options = {
  all: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  now: { type: "string" },
  tenant: { type: "string" },
  "sdk-version": { type: "string" },
} as const;

/** Parses the arguments. Throws a {@link UsageError} that says what is wrong with them. */
export function parse(args: string[]): Command | "help" | "version" {
  const { values, positionals } = split(args);
  if (values.help) return "help";
  if (values.version) return "version";
  const [name, ...files] = positionals;
  return {
    ...command(name, files),
    json: values.json ?? false,
    all: values.all ?? false,
    options: diagnoseOptions(values),
  };
}

const SEE = "See powerbi-token-keeper --help.";
const NEVER = "Never pass a token as an argument: it would stay in the shell's history and show in the process list.";

function split(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // parseArgs quotes what it was given.
    const unknown = (error as { code?: string }).code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
    if (!unknown)
      throw new UsageError(`--now, --tenant and --sdk-version need a value; the other options take none. ${SEE}`);
    throw new UsageError(`Unknown option. ${NEVER} ${SEE}`);
  }
}

function command(name: string | undefined, files: readonly string[]): Pick<Command, "name" | "files"> {
  switch (name) {
    case "inspect":
      if (files.length)
        throw new UsageError(
          `inspect takes no argument. ${NEVER} Pipe it in, or run inspect and paste it at the prompt.`,
        );
      return { name, files };
    case "diagnose":
      if (files.length !== 1)
        throw new UsageError("diagnose needs one file with the embed configuration, or - for standard input.");
      return { name, files };
    case "explain":
      if (files.length < 1 || files.length > 2)
        throw new UsageError(
          "explain needs a file with the error, and optionally a second one with the configuration.",
        );
      if (files.every((file) => file === "-") && files.length === 2)
        throw new UsageError("Only one of the two files can be - (standard input).");
      return { name, files };
    case undefined:
      throw new UsageError(`Missing command: inspect, diagnose or explain. ${SEE}`);
    default:
      throw new UsageError(`Unknown command: use inspect, diagnose or explain. ${NEVER} ${SEE}`);
  }
}

function diagnoseOptions(values: { now?: string; tenant?: string; "sdk-version"?: string }): DiagnoseOptions {
  const { now, tenant, "sdk-version": sdkVersion } = values;
  return {
    ...(now === undefined ? {} : { now: time(now) }),
    ...(tenant === undefined
      ? {}
      : { expected: { tenantId: matching(tenant, GUID, "--tenant needs the tenant's id, a GUID.") } }),
    ...(sdkVersion === undefined
      ? {}
      : { sdkVersion: matching(sdkVersion, VERSION, "--sdk-version needs a version such as 2.23.1.") }),
  };
}

const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const VERSION = /^\d+\.\d+\.\d+([-+][\w.-]+)?$/;
// Twelve digits at least, or seconds would pass for milliseconds; a time of day has its zone, or it would mean
// something else elsewhere.
const MILLISECONDS = /^\d{12,14}$/;
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/i;

function matching(text: string, pattern: RegExp, needs: string): string {
  if (!pattern.test(text)) throw new UsageError(needs);
  return text;
}

function time(text: string): number {
  const at = MILLISECONDS.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at))
    throw new UsageError("--now needs a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970.");
  return at;
}
