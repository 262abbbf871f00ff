// The event log's filters, and copying it.
import type { Kind, PaneName } from "../pane/api";
import { el, createElement } from "./dom";
import { EventLog } from "./log";

const KINDS: Record<Kind, string> = {
  refresh: "Refreshes",
  request: "Requests",
  error: "Unhandled errors",
  report: "Report",
  fault: "Faults",
};
const PANES: Record<PaneName, string> = { keeper: "Keeper", loop: "Loop" };

export function buildLog(): EventLog {
  const log = new EventLog(el("log"), Object.keys(KINDS) as Kind[]);
  for (const [pane, label] of Object.entries(PANES))
    filter("log-panes", label, (on) => log.showPane(pane as PaneName, on));
  for (const [kind, label] of Object.entries(KINDS)) filter("log-kinds", label, (on) => log.showKind(kind as Kind, on));
  el("log-copy").addEventListener("click", () => void copy(log.json()));
  el("log-clear").addEventListener("click", () => log.clear());
  return log;
}

function filter(place: string, label: string, onChange: (on: boolean) => void): void {
  const box = createElement("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => onChange(box.checked));
  el(place).append(createElement("label", {}, box, createElement("span", { textContent: label })));
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    el("log-copied").textContent = "Copied.";
  } catch {
    el("log-copied").textContent = "The browser did not allow it.";
  }
}
