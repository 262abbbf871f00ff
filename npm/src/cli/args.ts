/** What the words of the command line ask for. No message repeats one of them: it could be a token. */
import { parseArgs } from "node:util";
import type { DiagnoseOptions } from "powerbi-token-keeper";

/** A run that ends with a sentence: the message is ours, and safe to show. */
export class Refused extends Error {
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
  readonly options: DiagnoseOptions;
}

export const help = `\
Says in plain sentences why a Power BI token or embed configuration does not work. Nothing leaves this machine.

  powerbi-token-keeper inspect                            what a token is, and what is wrong with it
  powerbi-token-keeper diagnose config.json               what is wrong with an embed configuration
  powerbi-token-keeper explain error.json [config.json]   what an error of powerbi-client comes from

inspect reads the token from standard input, or asks for it without showing it; it takes no token as an argument.
A file may be -, which is standard input.

  --json                  the result as JSON: TokenReport, Finding[] or Explanation
  --now TIME              judge as of this time: 2026-01-31T12:00:00Z, or milliseconds since 1970
  --tenant GUID           the tenant whose content is embedded
  --sdk-version VERSION   the version of powerbi-client on the page, such as 2.23.1
  --help, --version

Exit code: 0 nothing wrong, 1 a finding (explain: a confirmed cause) of severity error, 2 called wrongly or a file
that can't be read. Colours appear on a terminal, and not when NO_COLOR is set.
`;

const options = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  now: { type: "string" },
  tenant: { type: "string" },
  "sdk-version": { type: "string" },
} as const;

/** Reads the words; a {@link Refused} says what is wrong with them. */
export function parse(args: string[]): Command | "help" | "version" {
  const { values, positionals } = split(args);
  if (values.help) return "help";
  if (values.version) return "version";
  const [name, ...files] = positionals;
  return { ...command(name, files), json: values.json ?? false, options: told(values) };
}

const SEE = "See powerbi-token-keeper --help.";
const NEVER =
  "A token is never given as an argument: it would stay in the shell's history and show in the list of processes.";

function split(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // parseArgs quotes what it was given.
    const unknown = (error as { code?: string }).code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
    if (!unknown)
      throw new Refused(`--now, --tenant and --sdk-version need a value, the other options have none. ${SEE}`);
    throw new Refused(`There is an option that is not known. ${NEVER} ${SEE}`);
  }
}

function command(name: string | undefined, files: readonly string[]): Pick<Command, "name" | "files"> {
  switch (name) {
    case "inspect":
      if (files.length)
        throw new Refused(
          `inspect takes no argument. ${NEVER} Pipe it in, or start inspect alone and paste it when asked.`,
        );
      return { name, files };
    case "diagnose":
      if (files.length !== 1)
        throw new Refused("diagnose needs one file, the embed configuration as JSON, or - for standard input.");
      return { name, files };
    case "explain":
      if (files.length < 1 || files.length > 2)
        throw new Refused("explain needs the error as a JSON file, and takes the configuration as a second one.");
      if (files.every((file) => file === "-") && files.length === 2)
        throw new Refused("Only one of the two files can be -, standard input.");
      return { name, files };
    case undefined:
      throw new Refused(`Say what to do: inspect, diagnose or explain. ${SEE}`);
    default:
      throw new Refused(`The first word must be inspect, diagnose or explain. ${NEVER} ${SEE}`);
  }
}

function told(values: { now?: string; tenant?: string; "sdk-version"?: string }): DiagnoseOptions {
  const { now, tenant, "sdk-version": sdkVersion } = values;
  return {
    ...(now === undefined ? {} : { now: time(now) }),
    ...(tenant === undefined
      ? {}
      : { expected: { tenantId: matching(tenant, GUID, "--tenant needs a GUID, the tenant's id.") } }),
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
  if (!pattern.test(text)) throw new Refused(needs);
  return text;
}

function time(text: string): number {
  const at = MILLISECONDS.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at))
    throw new Refused("--now needs a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970.");
  return at;
}
