/** How many calls into the engine are made in one task of the browser; as in `src/web/runtime.rs`. */
const MAX_CALLS_PER_TASK = 64;

const pending: (() => void)[] = [];
let callsInTask = 0;

/** Runs `work` in a task of its own. Not with a timer: those of a hidden page fire once a minute. */
export function runInNewTask(work: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    work();
  };
  port2.postMessage(0);
}

/**
 * Runs `work` now, or behind what is pending already, when so much was done that the page should get a turn first.
 * Ten thousand embeds that are attached in a row would block it otherwise.
 */
export function schedule(work: () => void): void {
  if (pending.length === 0 && callsInTask < MAX_CALLS_PER_TASK) {
    callsInTask++;
    work();
  } else if (pending.push(work) === 1) runInNewTask(runPending);
}

function runPending(): void {
  const batch = pending.splice(0, MAX_CALLS_PER_TASK);
  callsInTask = batch.length;
  if (pending.length > 0) runInNewTask(runPending);
  for (const work of batch) work();
}
