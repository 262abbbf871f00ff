// Takes a WebAssembly module's code apart, so that it compresses better: the opcodes of all functions come first, then
// all numbers of locals, all of callees, and so on. Brotli finds more alike among neighbours of one sort: 10 % of the
// module. npm/src/join.ts puts it together again.
//
// What the other bytes say already is left out: functions' sizes, and the alignments of loads and stores, which are
// hints that engines do without and which `unaligned` makes alike. Catches an opcode that neither side knows.

import { Stop } from "./run.mjs";

/** The parts in the order in which join.ts counts them; `before` and `after` are the other sections. */
const parts = ["before", "after", "op", "local", "label", "call", "get", "set", "tee", "i32", "i64", "offset", "float", "other"];

/** The same module with all alignments 0. */
export const unaligned = (module) => walk(module).whole;

/** The parts, one after the other, and their lengths. */
export function split(module) {
  const { streams } = walk(module);
  return { bytes: parts.flatMap((part) => streams[part]), lengths: parts.map((part) => streams[part].length) };
}

function walk(module) {
  const streams = Object.fromEntries(parts.map((part) => [part, []]));
  const whole = [];
  let at = 0;
  const byte = (part) => {
    streams[part].push(module[at]);
    whole.push(module[at]);
    return module[at++];
  };
  const number = (part) => {
    let [value, shift, next] = [0, 0, 0];
    do {
      next = byte(part);
      value |= (next & 127) << shift;
      shift += 7;
    } while (next > 127);
    return value;
  };
  const numbers = (part, count) => {
    for (let i = 0; i < count; i++) number(part);
  };
  /** Read and kept in the whole alone. */
  const left = () => {
    streams.left = [];
    return number("left");
  };

  for (let i = 0; i < 8; i++) byte("before");
  let part = "before";
  while (at < module.length) {
    const code = module[at] === 10;
    if (code) {
      streams.left = [];
      byte("left");
      left();
      for (let functions = number("local"); functions > 0; functions--) {
        const end = left() + at;
        numbers("local", 2 * number("local"));
        while (at < end) instruction();
      }
      part = "after";
    } else {
      byte(part);
      const end = number(part) + at;
      while (at < end) byte(part);
    }
  }
  return { streams, whole: Uint8Array.from(whole) };

  // The same cases, in the same order, as in join.ts.
  function instruction() {
    const op = byte("op");
    if (op === 0x41) number("i32");
    else if (op >= 0x20 && op <= 0x22) number(["get", "set", "tee"][op - 0x20]);
    else if (op >= 0x28 && op <= 0x3e) {
      left();
      whole[whole.length - 1] = 0; // an alignment is one byte
      number("offset");
    } else if (op === 0x10) number("call");
    else if (op === 0x0c || op === 0x0d) number("label");
    else if (op >= 0x02 && op <= 0x04) number("other");
    else if (op === 0x42) number("i64");
    else if (op === 0x0e) numbers("label", number("label") + 1);
    else if (op === 0x43 || op === 0x44) for (let i = op === 0x43 ? 4 : 8; i > 0; i--) byte("float");
    else if (op === 0x11) numbers("other", 2);
    else if (op === 0x23 || op === 0x24 || op === 0x3f || op === 0x40) number("other");
    else if (op === 0xfc) more(number("op"));
    else if (!(op <= 1 || op === 5 || op === 0x0b || op === 0x0f || op === 0x1a || op === 0x1b || (op >= 0x45 && op <= 0xc4))) {
      refuse(`the opcode 0x${op.toString(16)}`);
    }
  }

  /** Conversions, which have no number, copies and fills. */
  function more(op) {
    if (op === 10) numbers("other", 2);
    else if (op === 11) number("other");
    else if (op > 7) refuse(`the opcode 0xfc ${op}`);
  }
}

function refuse(what) {
  throw new Stop(`The module has ${what}, which scripts/lib/split.mjs and npm/src/join.ts have to learn.`);
}
