// Writes a WebAssembly module as text that compresses well: the module travels inside a chunk, and what counts is what
// the chunk weighs behind a server's compression. npm/src/join.ts puts it together again, by way of tools/join.
//
// The code is taken apart: the opcodes of all functions come first, then all numbers of locals, all offsets, and so on,
// since brotli finds more alike among neighbours of one sort; for the same reason functions that are alike become
// neighbours. What the rest says already is left out: functions' sizes, and the alignments of loads and stores, which
// are hints that engines do without. Numbers are written in characters and not in bytes that are written in
// characters, so that nearly all of them are one.
//
// The text is printable ASCII without quotes, backslashes and `<`: whatever reads or rewrites a chunk leaves it alone.

import { read } from "./module.mjs";
import { UserError } from "./run.mjs";

/** The parts in the order in which tools/join counts them. The first two are the bytes around the code. */
const parts = [
  "before",
  "after",
  "opcodes",
  "code",
  "get",
  "label",
  "block",
  "load",
  "store",
  "tee",
  "i64",
  "functions",
  "set",
  "float",
  "labels",
  "other",
  "operands",
];
/** Behind them, one for the constants before each opcode. */
const constants = parts.length;
/** What tools/join has room for. */
const most = { parts: 128, opcodes: 128, locals: 1024 };
const separator = " ";
const digits = Array.from({ length: 92 }, (_, i) => String.fromCharCode(35 + i)).filter(
  (character) => !"\\<".includes(character),
);
/** Digits up to this one end a number; the ten others come before. */
const last = digits.length - 10;

/** What tools/join has, by the linker's default: for the text, which is as long as the module, and for the module. */
const memory = 1024 * 1024;
/** The functions' orders: with each of so many first, alike in runs of so many instructions. */
const firsts = 48;
const runs = [3, 4, 5];
/** A module with more functions has one order alone, since a page seldom loads it. */
const many = 500;

/**
 * The module as texts, of which any will do; at the end of each, `joiner`, the module that joins it. What brotli makes of a chunk
 * differs by 1 % with the order of the functions, so scripts/build.mjs takes the lightest: `order` says which that is.
 */
export function split(module, joiner) {
  if (4 * module.length > memory) throw new UserError("The module is too large for the memory of tools/join.");
  const { length } = read(module).functions;
  const orders = Array.from({ length: firsts }, (_, i) =>
    runs.map((run) => [Math.floor((i * length) / firsts), run]),
  ).flat();
  return orders
    .slice(0, length > many ? 1 : undefined)
    .map((order) => ({ order, text: textOf(read(module, neighbours(order)), joiner) }));
}

function textOf({ imported, functions, before, after }, joiner) {
  const opcodes = functions.flatMap(({ instructions }) => instructions.map(({ op }) => op));
  const count = new Map();
  for (const op of opcodes) count.set(op, (count.get(op) ?? 0) + 1);
  const ranked = [...count.keys()].sort((a, b) => count.get(b) - count.get(a) || a - b);
  const rank = new Map(ranked.map((op, i) => [op, i]));

  if (constants + ranked.length > most.parts || ranked.length > most.opcodes)
    throw new UserError("The module has more opcodes than tools/join has room for.");
  const text = Array.from({ length: constants + ranked.length }, () => "");
  const put = (part, ...numbers) => numbers.forEach((number) => (text[part] += written(number)));
  const [FUNCTIONS, OPCODES, CODE, OPERANDS] = ["functions", "opcodes", "code", "operands"].map((part) =>
    parts.indexOf(part),
  );
  text[0] = written(before.length + 1) + bytes([...before, 10]);
  text[1] = written(after.length) + bytes(after);
  put(FUNCTIONS, functions.length, imported, ranked.length);
  put(OPCODES, ...ranked.map((op) => (op > 0xff ? op >> 8 : op)));
  put(OPERANDS, ...ranked.map((op) => operands(op).part + 32 * operands(op).count));
  for (const { locals, instructions } of functions) {
    put(FUNCTIONS, locals.length / 2, ...locals);
    const recent = [];
    instructions.forEach(({ op, operands: values }, i) => {
      put(CODE, rank.get(op));
      // the second byte of those that have two
      if (op > 0xff) put(operands(op).part, op & 0xff);
      values.forEach(({ sort, value }, nth) => {
        const { part } = operands(op);
        if (sort === "get" || sort === "set" || sort === "tee") put(part, recency(recent, value));
        // the module's own functions first
        else if (sort === "call") put(CODE, value < imported ? value + functions.length : value - imported);
        else if (sort === "i32") put(constants + rank.get(instructions[i + 1].op), (value + 4) >>> 0);
        else put(sort === "label" && nth > 0 ? parts.indexOf("label") : part, value);
      });
    });
  }
  return [...text, bytes(joiner)].join(separator);
}

/** The part in which an instruction's operands are, and how many they are; a table's labels follow their number, and constants are apart. */
function operands(op) {
  const at = (part, count = 1) => ({ part: parts.indexOf(part), count });
  if (op === 0x20) return fromRoot("get");
  if (op === 0x21) return fromRoot("set");
  if (op === 0x22) return fromRoot("tee");
  if (op === 0x0e) return fromRoot("labels");
  if (op === 0x0c || op === 0x0d) return fromRoot("label");
  if (op >= 0x02 && op <= 0x04) return fromRoot("block");
  if (op === 0x10) return fromRoot("code");
  if (op === 0x42) return fromRoot("i64");
  if (op === 0x43 || op === 0x44) return fromRoot("float", op === 0x43 ? 4 : 8);
  if (op >= 0x28 && op <= 0x3e) return fromRoot(op < 0x36 ? "load" : "store");
  if (op === 0x23 || op === 0x24 || op === 0x3f || op === 0x40) return fromRoot("other");
  if (op === 0x11) return fromRoot("other", 2);
  if (op > 0xff) return fromRoot("other", { 0xfc08: 3, 0xfc09: 2, 0xfc0a: 3, 0xfc0b: 2 }[op] ?? 1);
  return { part: 0, count: 0 };
}

/** Where a local is among those used last: one that was in use a moment ago has a small number. */
function recency(recent, local) {
  if (local >= most.locals) throw new UserError("A function has more locals than tools/join has room for.");
  while (recent.length <= local) recent.push(recent.length);
  const at = recent.indexOf(local);
  recent.unshift(...recent.splice(at, 1));
  return at;
}

/** Letters and small numbers, of which modules are full, are below 64 and 64 above it: by turning that bit over, both are one digit. */
function bytes(list) {
  return Array.from(list, (byte) => written(byte ^ 64)).join("");
}

/** A number's last digit, below `last`, and what is left of it in tens: digits from 1 to 10, so that none is written in two ways. */
function written(number) {
  let text = digits[number % last];
  for (let tens = Math.floor(number / last); tens > 0; tens = Math.floor((tens - 1) / 10))
    text = digits[last + ((tens - 1) % 10)] + text;
  return text;
}

/** The functions, each followed by the one that has most runs of instructions in common with it. */
export const neighbours =
  ([first, run]) =>
  (functions) => {
    const runs = new Map(functions.map((one) => [one, runsOf(one, run)]));
    const left = new Set(functions);
    const sorted = [];
    let next = functions[first];
    while (next) {
      left.delete(next);
      sorted.push(next);
      const own = runs.get(next);
      let [best, most] = [undefined, -1];
      for (const one of left) {
        const its = runs.get(one);
        let common = 0;
        for (const run of own) if (its.has(run)) common++;
        const alike = common / Math.sqrt(its.size + 5);
        if (alike > most) [best, most] = [one, alike];
      }
      next = best;
    }
    return sorted;
  };

/** All runs of so many instructions. */
function runsOf({ instructions }, run) {
  return new Set(
    instructions.slice(run - 1).map((_, i) =>
      instructions
        .slice(i, i + run)
        .map(({ op }) => op)
        .join(),
    ),
  );
}
