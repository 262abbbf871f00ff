// The event log's filters, and copying it.
import type { Kind, LaneName } from "../lane/api";
import { el, make } from "./dom";
import { EventLog } from "./log";

const KINDS: Record<Kind, string> = {
  renewal: "Renewals",
  request: "Requests",
  error: "Unhandled errors",
  report: "Report",
  fault: "Faults",
};
const LANES: Record<LaneName, string> = { keeper: "Keeper", loop: "Loop" };

export function buildLog(): EventLog {
  const log = new EventLog(el("log"), Object.keys(KINDS) as Kind[]);
  for (const [lane, label] of Object.entries(LANES))
    filter("log-lanes", label, (on) => log.showLane(lane as LaneName, on));
  for (const [kind, label] of Object.entries(KINDS)) filter("log-kinds", label, (on) => log.showKind(kind as Kind, on));
  el("log-copy").addEventListener("click", () => void copy(log.json()));
  el("log-clear").addEventListener("click", () => log.clear());
  return log;
}

function filter(place: string, label: string, onChange: (on: boolean) => void): void {
  const box = make("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => onChange(box.checked));
  el(place).append(make("label", {}, box, make("span", { textContent: label })));
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    el("log-copied").textContent = "Copied.";
  } catch {
    el("log-copied").textContent = "The browser did not allow it.";
  }
}
