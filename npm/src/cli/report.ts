/** Prints results for people. */
import type { Explanation, Finding, TokenReport } from "powerbi-token-keeper";
import type { TerminalWriter, Style } from "./terminal.js";

type Severity = Finding["severity"];
type Verdict = Explanation["causes"][number]["verdict"];

/** The most severe first. */
const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];
const STYLE: Record<Severity, Style> = { error: "red", warning: "yellow", info: "cyan" };

const KINDS: Record<TokenReport["kind"], string> = {
  aad: "Entra access token (tokenType Aad, 0)",
  embed: "embed token (tokenType Embed, 1)",
  legacy: "app token of a retired workspace collection",
  unknown: "not a token that Power BI accepts",
};
const PRINCIPALS = { user: "a user", "service-principal": "a service principal (an app by itself)" } as const;

const VERDICTS: ReadonlyArray<readonly [Verdict, string]> = [
  ["confirmed", "Confirmed"],
  ["possible", "Possible, the likeliest first"],
  ["ruled-out", "Ruled out"],
];

/** How many possible causes are printed without `--all`. */
const LIKELIEST = 3;
/** A claim that is longer, or holds such a run of letters, could hold a token. */
const MAX_CLAIM = 120;
const LIKE_A_SECRET = /eyJ|H4sI|[\w+/=~-]{41}/;

/** The report with claims cut that could hold a token: whoever made the token chose what they say. */
export function withoutSecrets(report: TokenReport): TokenReport {
  const cut = (text: string) =>
    text.length > MAX_CLAIM || LIKE_A_SECRET.test(text) ? `(${text.length} characters)` : text;
  const claim = (text: string | null) => (text === null ? null : cut(text));
  return {
    ...report,
    audience: claim(report.audience),
    tenantId: claim(report.tenantId),
    clusterUrl: claim(report.clusterUrl),
    scopes: report.scopes.map(cut),
  };
}

/** Prints a token's facts, then its findings. */
export function printReport(out: TerminalWriter, report: TokenReport, now: number): void {
  const row = (label: string, value: string | null) => {
    if (value) out.line(value, { indent: 11, label, labelStyle: "dim" });
  };
  const isUnreadable = report.findings.some((one) => one.code === "token-not-a-token" && one.severity === "warning");
  row("token", isUnreadable ? "of no known form; it may be a token that can't be read" : KINDS[report.kind]);
  row("principal", report.principal && PRINCIPALS[report.principal]);
  row("audience", report.audience);
  row("tenant", report.tenantId);
  row("scopes", report.scopes.join(", "));
  row("issued", report.issuedAt === null ? null : when(report.issuedAt, now));
  const isToken = report.kind !== "unknown" || report.expiresAt !== null;
  if (isToken) row("expires", report.expiresAt === null ? "not stated in the token" : when(report.expiresAt, now));
  row("cloud", report.cloud);
  row("cluster", report.clusterUrl);
  out.blank();
  printFindings(out, report.findings, "this token");
}

/** Prints the number of findings, then each, the most severe first. */
export function printFindings(out: TerminalWriter, findings: readonly Finding[], of: string): void {
  if (!findings.length) return void out.line(`Nothing is known to be wrong with ${of}.`, { style: "green" });
  const counts = SEVERITIES.map(
    (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
  );
  out.line(
    counts
      .filter(([, count]) => count)
      .map(([severity, count]) => counted(severity, count))
      .join(", "),
    { style: "bold" },
  );
  for (const severity of SEVERITIES) {
    for (const finding of findings) if (finding.severity === severity) printFinding(out.blank(), finding);
  }
}

/** Prints the error, whether a new token can help, and the causes by verdict: of the possible ones the likeliest. */
export function printExplanation(
  out: TerminalWriter,
  { error, summary, causes, refreshHelps }: Explanation,
  { all, hasConfig }: { all: boolean; hasConfig: boolean },
): void {
  out.line(error === "unknown" ? "Unknown error" : error, { style: "bold" }).line(summary);
  out.line(refreshHelps ? "A new token of the same kind may help." : "A new token of the same kind does not help.");
  for (const [verdict, title] of VERDICTS) {
    const those = causes.filter((cause) => cause.verdict === verdict);
    const shown = verdict === "possible" && !all ? those.slice(0, LIKELIEST) : those;
    if (shown.length) out.blank().line(title, { style: "bold" });
    shown.forEach((cause, n) => {
      if (verdict === "ruled-out") out.line(`${cause.code}: ${cause.message}`, { indent: 2, style: "dim" });
      else if (verdict === "possible") printFinding(out.blank(), cause, { label: `${n + 1}.`, labelStyle: "yellow" });
      // where the error's own text is the proof, its sentence stands above
      else printFinding(out.blank(), cause.message === summary ? { ...cause, message: "" } : cause);
    });
    const more = those.length - shown.length;
    if (more) out.blank().line(`${more} more: run it again with --all.`, { style: "dim" });
  }
  if (!hasConfig && causes.some(({ verdict }) => verdict === "possible"))
    out
      .blank()
      .line("To know more, add the embed configuration as a second file: it confirms causes or rules them out.");
  if (!causes.length && hasConfig) out.blank().line("Nothing is known to be wrong with the configuration.");
  if (!causes.length && !hasConfig && error === "unknown")
    out
      .blank()
      .line("To know more, add the embed configuration as a second file, and pass the whole error, not a part.");
}

function printFinding(
  out: TerminalWriter,
  { severity, code, message, fix, docs }: Finding,
  { label, labelStyle }: { label: string; labelStyle: Style } = { label: severity, labelStyle: STYLE[severity] },
): void {
  const indent = 9;
  out.line(code, { indent, label, labelStyle, style: "bold" });
  if (message) out.line(message, { indent });
  out.line(fix, { indent, label: "fix", labelStyle: "dim" });
  if (docs) out.line(docs, { indent, label: "docs", labelStyle: "dim" });
}

const counted = (severity: Severity, count: number) =>
  severity === "info" ? `${count} info` : plural(count, severity);

/** A point in time in UTC and from now: the largest unit of which there are two, rounded down. */
function when(at: number, now: number): string {
  return `${utc(at)}, ${fromNow(at - now)}`;
}

function utc(at: number): string {
  const date = new Date(at);
  // A claim may hold any number.
  return Number.isNaN(date.getTime())
    ? "beyond the calendar"
    : `${date.toISOString().slice(0, -8).replace("T", " ")} UTC`;
}

function fromNow(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  if (!seconds) return "just now";
  return ms > 0 ? `in ${span(seconds)}` : `${span(seconds)} ago`;
}

function span(seconds: number): string {
  if (seconds < 120) return plural(seconds, "second");
  if (seconds < 7_200) return plural(Math.floor(seconds / 60), "minute");
  if (seconds < 172_800) return plural(Math.floor(seconds / 3_600), "hour");
  return plural(Math.floor(seconds / 86_400), "day");
}

const plural = (count: number, unit: string) => (count === 1 ? `1 ${unit}` : `${count} ${unit}s`);
