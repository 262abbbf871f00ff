// Renders the report: the token, the findings, and the explanation of an error.
import type { Explanation, Finding, TokenReport } from "powerbi-token-keeper";

export interface Reading {
  token: TokenReport | null;
  findings: readonly Finding[];
  explanation: Explanation | null;
  /** Notes on what could not be read. */
  notes: readonly string[];
  now: number;
}

/** How many possible causes are shown at once. */
const LIKELIEST = 3;

type Child = Node | string | null;
type Verdict = Explanation["causes"][number]["verdict"];

const SEVERITIES: Record<Finding["severity"], { word: string; tone: string; rank: number }> = {
  error: { word: "Error", tone: "bad", rank: 0 },
  warning: { word: "Warning", tone: "busy", rank: 1 },
  info: { word: "Good to know", tone: "off", rank: 2 },
};
const VERDICTS: Record<Verdict, { title: string; tone: string }> = {
  confirmed: { title: "Confirmed", tone: "bad" },
  possible: { title: "Possible, the likeliest first", tone: "busy" },
  "ruled-out": { title: "Ruled out", tone: "off" },
};
const CLOUDS: Record<string, string> = {
  global: "Global",
  usgov: "US Government GCC",
  "usgov-high": "US Government GCC High",
  "usgov-dod": "US Government DoD",
  china: "China (21Vianet)",
  germany: "Germany (closed in 2021)",
  usnat: "USNat",
  ussec: "USSec",
  france: "France",
};
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];
const relative = new Intl.RelativeTimeFormat("en");

function h(tag: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** "in 64 minutes", "2 hours ago": the largest unit of which there are two. */
export function ago(at: number, now: number): string {
  const [unit, size] = UNITS.find(([, each]) => Math.abs(at - now) >= 2 * each) ?? ["second", 1_000];
  return relative.format(Math.trunc((at - now) / size), unit);
}

export function show(place: HTMLElement, { token, findings, explanation, notes, now }: Reading): void {
  const known = new Set(explanation?.causes.map(({ code }) => code));
  // A finding that is also a cause of the error is shown once, as the cause.
  const rest = findings.filter(({ code }) => !known.has(code));
  place.replaceChildren(
    ...(notes.length > 0 ? [h("ul", { class: "notes" }, ...notes.map((note) => h("li", {}, note)))] : []),
    ...(explanation ? [error(explanation)] : []),
    ...(explanation && rest.length === 0 ? [] : [list(explanation ? "Other findings" : "Findings", rest)]),
    ...(token ? [facts(token, now)] : []),
  );
}

/** "1 error, 2 warnings". */
export function count({ findings, explanation }: Reading): string {
  const said: string[] = [];
  const add = (many: number, word: string) => {
    if (many > 0) said.push(`${many} ${word}${many === 1 ? "" : "s"}`);
  };
  const causes = (verdict: Verdict) => explanation?.causes.filter((cause) => cause.verdict === verdict).length ?? 0;
  add(causes("confirmed"), "confirmed cause");
  add(causes("possible"), "possible cause");
  if (!explanation) {
    add(findings.filter(({ severity }) => severity === "error").length, "error");
    add(findings.filter(({ severity }) => severity === "warning").length, "warning");
  }
  return said.length > 0 ? said.join(", ") : "no problem found";
}

function error({ error: name, summary, causes, refreshHelps }: Explanation): HTMLElement {
  const groups = (["confirmed", "possible"] as const).map((verdict) => group(verdict, causes));
  const ruledOut = causes.filter(({ verdict }) => verdict === "ruled-out");
  return h(
    "section",
    { class: "part", "aria-label": "The error" },
    h("h3", {}, name === "unknown" ? "The error" : name),
    h("p", {}, summary),
    h(
      "p",
      { class: "watch" },
      refreshHelps ? "A new token of the same kind may help." : "A new token of the same kind does not help.",
    ),
    ...groups,
    ruledOut.length === 0
      ? null
      : h(
          "details",
          {},
          h("summary", {}, `${VERDICTS["ruled-out"].title} (${ruledOut.length})`),
          h(
            "ul",
            { class: "ruled-out" },
            ...ruledOut.map(({ code, message }) => h("li", {}, h("code", {}, code), ` ${message}`)),
          ),
        ),
  );
}

function group(verdict: "confirmed" | "possible", all: Explanation["causes"]): HTMLElement | null {
  const causes = all.filter((cause) => cause.verdict === verdict);
  const { title, tone } = VERDICTS[verdict];
  if (causes.length === 0) return null;
  const shown = verdict === "possible" ? causes.slice(0, LIKELIEST) : causes;
  const rest = causes.slice(shown.length);
  const findings = (some: Explanation["causes"]) =>
    h("ul", { class: "findings" }, ...some.map((cause) => item(cause, null, tone)));
  return h(
    "div",
    { class: "part" },
    h("h4", {}, title),
    findings(shown),
    rest.length === 0 ? null : h("details", {}, h("summary", {}, `${rest.length} more, less likely`), findings(rest)),
  );
}

function list(title: string, findings: readonly Finding[]): HTMLElement {
  const sorted = [...findings].sort((a, b) => SEVERITIES[a.severity].rank - SEVERITIES[b.severity].rank);
  const healthy = !findings.some(({ severity }) => severity !== "info");
  return h(
    "section",
    { class: "part", "aria-label": title },
    h("h3", {}, title),
    healthy
      ? h(
          "p",
          { class: "healthy" },
          h("span", { class: "chip", "data-tone": "good" }, "No problem found"),
          " A page can’t see workspace roles, or what content an embed token was created for.",
        )
      : null,
    h(
      "ul",
      { class: "findings" },
      ...sorted.map((finding) => item(finding, SEVERITIES[finding.severity].word, SEVERITIES[finding.severity].tone)),
    ),
  );
}

function item({ code, message, fix, docs }: Finding, word: string | null, tone: string): HTMLElement {
  return h(
    "li",
    { "data-tone": tone, "data-code": code },
    h(
      "p",
      { class: "finding-head" },
      word === null ? null : h("span", { class: "chip", "data-tone": tone }, word),
      h("code", {}, code),
    ),
    h("p", { class: "message" }, message),
    h("p", { class: "fix" }, h("b", {}, "Fix: "), fix),
    docs?.startsWith("https://")
      ? h(
          "p",
          {},
          h(
            "a",
            { href: docs, target: "_blank", rel: "noopener noreferrer" },
            "Microsoft’s documentation",
            h("span", { class: "unseen" }, ` on ${code}, in a new tab`),
          ),
        )
      : null,
  );
}

function facts(token: TokenReport, now: number): HTMLElement {
  const sealed = token.kind === "embed" ? "encrypted in an embed token" : "not stated";
  const rows: [string, string | null][] = [
    ["Kind", kind(token)],
    ["Principal", token.principal === null ? sealed : token.principal === "user" ? "a user" : "a service principal"],
    ["Expires", token.expiresAt === null ? "not stated" : moment(token.expiresAt, now)],
    ["Issued", token.issuedAt === null ? null : moment(token.issuedAt, now)],
    ["Audience", token.audience ?? sealed],
    ["Tenant", token.tenantId ?? sealed],
    ["Permissions", token.scopes.length > 0 ? token.scopes.join(", ") : null],
    ["Cloud", token.cloud === null ? "not known" : (CLOUDS[token.cloud] ?? token.cloud)],
    ["Cluster", token.clusterUrl],
  ];
  const known = token.kind === "unknown" ? rows.slice(0, 1) : rows;
  return h(
    "section",
    { class: "part", "aria-label": "The token" },
    h("h3", {}, "The token"),
    h(
      "dl",
      { class: "facts" },
      ...known.flatMap(([name, value]) =>
        value === null ? [] : [h("div", {}, h("dt", {}, name), h("dd", {}, value))],
      ),
    ),
  );
}

function kind({ kind: which }: TokenReport): string {
  if (which === "aad") return "Entra access token (tokenType Aad, 0)";
  if (which === "embed") return "Embed token (tokenType Embed, 1)";
  return which === "legacy" ? "App token of a retired workspace collection" : "Not a token that Power BI accepts";
}

function moment(at: number, now: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC, ${ago(at, now)}`;
}
