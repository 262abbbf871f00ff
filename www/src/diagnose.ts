// The diagnosis page: reads the input, masks it, and shows the report.
import { diagnose, explain, type Finding, type FindingCode, inspectToken } from "powerbi-token-keeper";
import { isMasked, mask, tokenWord } from "./mask";
import { Unreadable } from "../../npm/src/cli/parse-input";
import { SAMPLES } from "./samples";
import { readError, readSubject, type Subject } from "./classify-input";
import { count, type Reading, show } from "./report-view";

/** Findings that only say that there is code where the reader needs a value. */
const UNKNOWN: Record<string, readonly FindingCode[]> = {
  accessToken: ["token-missing"],
  tokenType: ["token-type-missing"],
  embedUrl: ["embed-url-missing"],
  id: ["id-missing"],
  type: ["config-invalid"],
};

function el<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

const subjectField = () => el<HTMLTextAreaElement>("subject");
const errorField = () => el<HTMLTextAreaElement>("error");
const say = (text: string) => {
  el("status").textContent = text;
};
let busy = false;

/** A new element with the text: a browser's undo would bring the old one's back. */
function replace(field: HTMLTextAreaElement, text: string): void {
  const fresh = field.cloneNode() as HTMLTextAreaElement;
  const focused = document.activeElement === field;
  field.value = "";
  fresh.value = text;
  field.replaceWith(fresh);
  if (focused) fresh.focus();
}

async function judge(subject: Subject, error: unknown, now: number): Promise<Reading> {
  const { config, unread } = subject;
  const token = subject.token === null ? null : await inspectToken(subject.token, { now });
  const gaps = config ? Object.keys(UNKNOWN).filter((name) => unread.has(name) && config[name] === undefined) : [];
  const known = (finding: Finding) => !gaps.some((name) => UNKNOWN[name]?.includes(finding.code));
  const found = config ? await diagnose(config, { now }) : [];
  // On the same matter the configuration's finding says more than the token's alone.
  const codes = new Set(found.map(({ code }) => code));
  const alone = token?.findings.filter(({ code }) => !codes.has(code)) ?? [];
  // A token alone is the evidence too.
  const evidence = config ?? (subject.token === null ? undefined : { accessToken: subject.token });
  const explained = error === undefined ? null : await explain(error, evidence, { now });
  return {
    token,
    findings: [...found, ...alone].filter(known),
    explanation: explained && { ...explained, causes: explained.causes.filter(known) },
    notes: gaps.map((name) => `${name} is an expression, so its value is unknown: paste the value instead.`),
    now,
  };
}

async function check(): Promise<void> {
  const [subjectText, errorText] = [subjectField().value, errorField().value];
  if (busy) return;
  if (subjectText.trim() === "" && errorText.trim() === "") return say("Nothing to check yet.");
  if (isMasked(subjectText)) return say("The token has been masked. Paste it again to check it again.");
  busy = true;
  for (const field of [subjectField(), errorField()]) field.readOnly = true;
  // Until it is known which part of it is harmless, all of it goes.
  let [subjectLeft, errorLeft] = [mask(subjectText.trim()), errorText.trim() === "" ? "" : mask(errorText.trim())];
  if (subjectText.trim() === "") subjectLeft = "";
  try {
    const failure = readError(errorText);
    errorLeft = failure.masked("text");
    const subject = readSubject(subjectText);
    subjectLeft = subject.masked("text");
    const reading = await judge(subject, failure.error ?? subject.error, Date.now());
    subjectLeft = subject.masked(tokenWord(reading.token));
    show(el("report"), reading);
    say(`Checked: ${count(reading)}.`);
    el("report-title").focus();
  } catch (error) {
    el("report").replaceChildren();
    // The messages of other errors are not known to be free of what was pasted.
    say(
      error instanceof Unreadable
        ? `This could not be parsed: ${error.message}.`
        : "The diagnosis could not be started in this browser.",
    );
  } finally {
    replace(subjectField(), subjectLeft);
    replace(errorField(), errorLeft);
    for (const field of [subjectField(), errorField()]) field.readOnly = false;
    busy = false;
  }
}

function clear(): void {
  replace(subjectField(), "");
  replace(errorField(), "");
  say("");
}

function wire(): void {
  el("check").addEventListener("click", () => void check());
  el("clear").addEventListener("click", () => {
    clear();
    el("report").replaceChildren();
    subjectField().focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void check();
  });
  // What is masked is of no use any more: the next paste takes its place.
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && isMasked(target.value)) target.select();
  });
  // A page that is kept for "back" must not keep what was pasted and not yet read.
  window.addEventListener("pagehide", clear);
  for (const { label, make } of SAMPLES) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener(
      "click",
      () =>
        void make().then(({ subject, error = "" }) => {
          if (busy) return;
          subjectField().value = subject;
          errorField().value = error;
          return check();
        }),
    );
    el("samples").append(button);
  }
}

wire();
