/** What was found, in words for people. */
import type { Explanation, Finding, TokenReport } from "powerbi-token-keeper";
import type { Paper, Style } from "./paper.js";

type Severity = Finding["severity"];
type Verdict = Explanation["causes"][number]["verdict"];

/** The worst first. */
const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];
const STYLE: Record<Severity, Style> = { error: "red", warning: "yellow", info: "cyan" };

const KINDS: Record<TokenReport["kind"], string> = {
  aad: "Entra access token (tokenType Aad, 0)",
  embed: "embed token (tokenType Embed, 1)",
  legacy: "app token of a workspace collection, retired",
  unknown: "nothing that Power BI takes as a token",
};
const PRINCIPALS = { user: "a user", "service-principal": "a service principal (an app by itself)" } as const;

const VERDICTS: ReadonlyArray<readonly [Verdict, string]> = [
  ["confirmed", "Confirmed"],
  ["possible", "Possible"],
  ["ruled-out", "Ruled out"],
];

/** What a token is, then what is wrong with it. */
export function reportOn(paper: Paper, report: TokenReport, now: number): void {
  const row = (label: string, value: string | null) => {
    if (value) paper.line(value, { indent: 11, label, labelStyle: "dim" });
  };
  row("token", KINDS[report.kind]);
  row("principal", report.principal && PRINCIPALS[report.principal]);
  row("audience", report.audience);
  row("tenant", report.tenantId);
  row("scopes", report.scopes.join(", "));
  row("issued", report.issuedAt === null ? null : when(report.issuedAt, now));
  row("expires", report.expiresAt === null ? "the token does not say" : when(report.expiresAt, now));
  row("cloud", report.cloud);
  row("cluster", report.clusterUrl);
  paper.gap();
  findingsOn(paper, report.findings, "this token");
}

/** Findings, the worst first, after their count. */
export function findingsOn(paper: Paper, findings: readonly Finding[], of: string): void {
  if (!findings.length) return void paper.line(`Nothing is known to be wrong with ${of}.`, { style: "green" });
  const counts = SEVERITIES.map(
    (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
  );
  paper.line(
    counts
      .filter(([, count]) => count)
      .map(([severity, count]) => counted(severity, count))
      .join(", "),
    { style: "bold" },
  );
  for (const severity of SEVERITIES) {
    for (const finding of findings) if (finding.severity === severity) findingOn(paper.gap(), finding);
  }
}

/** The error, its causes by verdict, and whether a new token can help. */
export function explanationOn(paper: Paper, { error, summary, causes, refreshHelps }: Explanation): void {
  paper.line(error === "unknown" ? "Unknown error" : error, { style: "bold" }).line(summary);
  paper.line(refreshHelps ? "A new token of the same kind can help." : "A new token of the same kind does not help.");
  for (const [verdict, title] of VERDICTS) {
    const those = causes.filter((cause) => cause.verdict === verdict);
    if (those.length) paper.gap().line(title, { style: "bold" });
    for (const cause of those) {
      if (verdict === "ruled-out") paper.line(`${cause.code}: ${cause.message}`, { indent: 2, style: "dim" });
      else findingOn(paper.gap(), cause);
    }
  }
}

function findingOn(paper: Paper, { severity, code, message, fix, docs }: Finding): void {
  const indent = 9;
  paper.line(code, { indent, label: severity, labelStyle: STYLE[severity], style: "bold" });
  paper.line(message, { indent }).line(fix, { indent, label: "fix", labelStyle: "dim" });
  if (docs) paper.line(docs, { indent, label: "docs", labelStyle: "dim" });
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
