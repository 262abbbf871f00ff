/** How many calls into the engine are made in one task of the browser's; as in `src/web/page.rs`. */
const SLICE = 64;

const waiting: (() => void)[] = [];
let done = 0;

/** Has `work` done in a task of its own. Not by a timer: those of a hidden page come once a minute. */
export function soon(work: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    work();
  };
  port2.postMessage(0);
}

/**
 * Has `work` done: now, or after what waits already, when so much was done that the page should have its turn first.
 * Ten thousand embeds that are attached in a row would keep it waiting.
 */
export function inTurn(work: () => void): void {
  if (waiting.length === 0 && done < SLICE) {
    done++;
    work();
  } else if (waiting.push(work) === 1) soon(next);
}

function next(): void {
  const turn = waiting.splice(0, SLICE);
  done = turn.length;
  if (waiting.length > 0) soon(next);
  for (const work of turn) work();
}
