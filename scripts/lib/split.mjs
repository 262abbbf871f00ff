// Writes a WebAssembly module as text that compresses well: the module travels inside a chunk, and what counts is what
// the chunk weighs behind a server's compression. npm/src/join.ts puts it together again.
//
// The code is taken apart: the opcodes of all functions come first, then all numbers of locals, all offsets, and so on,
// since brotli finds more alike among neighbours of one sort; for the same reason functions that are alike become
// neighbours. What the rest says already is left out: functions' sizes, and the alignments of loads and stores, which
// are hints that engines do without. Numbers are written in characters and not in bytes that are written in
// characters, so that nearly all of them are one.
//
// The text is printable ASCII without quotes, backslashes and `<`: whatever reads or rewrites a chunk leaves it alone.

import { read } from "./module.mjs";

/** The parts in the order in which join.ts counts them; behind them, 16 of constants, by what is done with them next. */
const parts = ["before", "after", "ops", "code", "locals", "get", "set", "tee", "label", "block", "global", "load", "store", "i64", "float", "other"];
const separator = "`";
const digits = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((character) => !`"\\<${separator}`.includes(character));
/** The first digits up to here are numbers. The next begin one of two digits, `long` one of four, the last one of six. */
const single = 80;
const long = digits.length - 2;
/** Characters up to this one are bytes themselves, so that texts stay texts: brotli knows words. */
const bytesEnd = 124;

/** The module as text. */
export function split(module) {
  const { imported, functions, before, after } = read(module, neighbours);
  const text = Object.fromEntries(parts.map((part) => [part, ""]));
  const constants = Array.from({ length: 16 }, () => "");
  const put = (part, ...numbers) => numbers.forEach((number) => (text[part] += written(number)));

  const ops = functions.flatMap(({ instructions }) => instructions.map(({ op }) => op));
  const count = new Map();
  for (const op of ops) count.set(op, (count.get(op) ?? 0) + 1);
  const ranked = [...count.keys()].sort((a, b) => count.get(b) - count.get(a) || a - b);
  const rank = new Map(ranked.map((op, i) => [op, i]));

  put("before", ...before);
  text.after = after.map(byte).join("");
  put("ops", ...ranked);
  put("locals", functions.length, imported);
  for (const { locals, instructions } of functions) {
    put("locals", locals.length / 2, ...locals);
    const recent = [];
    instructions.forEach(({ op, operands }, i) => {
      put("code", rank.get(op));
      for (const { sort, value } of operands) {
        if (sort === "get" || sort === "set" || sort === "tee") put(sort, recency(recent, value));
        // the module's own functions first
        else if (sort === "call") put("code", value < imported ? value + functions.length : value - imported);
        else if (sort === "i32") constants[(instructions[i + 1].op & 0xff) >> 4] += written((value + 4) >>> 0);
        else put(sort, value);
      }
    });
  }
  return [...Object.values(text), ...constants].join(separator);
}

/** Where a local is among those used last: one that was in use a moment ago has a small number. */
function recency(recent, local) {
  while (recent.length <= local) recent.push(recent.length);
  const at = recent.indexOf(local);
  recent.unshift(...recent.splice(at, 1));
  return at;
}

function byte(byte) {
  const character = String.fromCharCode(byte);
  if (byte < bytesEnd && digits.includes(character)) return character;
  return String.fromCharCode(bytesEnd + Math.floor(byte / digits.length)) + digits[byte % digits.length];
}

function written(number) {
  if (number < single) return digits[number];
  const rest = number - single;
  if (rest < (long - single) * digits.length) return digits[single + Math.floor(rest / digits.length)] + digits[rest % digits.length];
  const places = number < digits.length ** 3 ? [2, 1, 0] : [4, 3, 2, 1, 0];
  return digits[long + Number(places.length > 3)] + places.map((place) => digits[Math.floor(number / digits.length ** place) % digits.length]).join("");
}

/** The functions, each followed by the one that has most runs of instructions in common with it. */
export function neighbours(functions) {
  const runs = new Map(functions.map((one) => [one, runsOf(one)]));
  const left = new Set(functions);
  const sorted = [];
  let [next] = functions;
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
}

/** All runs of six instructions. */
function runsOf({ instructions }) {
  return new Set(instructions.slice(5).map((_, i) => instructions.slice(i, i + 6).map(({ op }) => op).join()));
}
