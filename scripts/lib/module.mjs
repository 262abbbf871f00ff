// Reads a WebAssembly module as far as its code is to be written otherwise: its instructions, and whatever names a
// function by its number. Catches what the modules of this build never had.

import { UserError } from "./run.mjs";

const [IMPORTS, TYPES_OF_FUNCTIONS, EXPORTS, START, TABLES, CODE] = [2, 3, 7, 8, 9, 10];

/** The sorts of operands that instructions have; what has none is named by a range. */
const sorts = {
  0x20: "get",
  0x21: "set",
  0x22: "tee",
  0x23: "global",
  0x24: "global",
  0x0c: "label",
  0x0d: "label",
  0x02: "block",
  0x03: "block",
  0x04: "block",
  0x10: "call",
  0x3f: "other",
  0x40: "other",
};
const without = (op) =>
  op <= 1 || op === 5 || op === 0x0b || op === 0x0f || op === 0x1a || op === 0x1b || (op >= 0x45 && op <= 0xc4);
/** How many operands the instructions after 0xfc have. */
const more = { 8: 2, 9: 1, 10: 2, 11: 1 };

/** Numbers out of bytes. */
export function reader(bytes) {
  let at = 0;
  const from = {
    at: () => at,
    ended: () => at >= bytes.length,
    byte: () => bytes[at++],
    bytes: (count) => bytes.subarray(at, (at += count)),
    text: () => new TextDecoder().decode(from.bytes(from.number())),
    number: () => {
      let [value, weight, next] = [0, 1, 0];
      do {
        next = bytes[at++];
        value += (next & 127) * weight;
        weight *= 128;
      } while (next > 127);
      return value;
    },
    /** The bytes of one number. */
    digits: () => {
      const start = at;
      while (bytes[at++] > 127);
      return [...bytes.subarray(start, at)];
    },
    list: (item) => Array.from({ length: from.number() }, (_, i) => item(i)),
  };
  return from;
}

/** A number's bytes. */
export function leb(number) {
  return number > 127 ? [(number & 127) | 128, ...leb(number >>> 7)] : [number];
}

/** A signed number of 32 bits, by its bytes. */
export const signed = (digits) =>
  digits.reduceRight((value, digit) => (value << 7) | (digit & 127), digits.at(-1) & 64 ? -1 : 0);

/**
 * The bytes `before` and `after` the code section, how many functions are imported, and the module's own functions:
 * each with its locals, counts and types by turns, and its code. Its functions come in the order that `sorted` gives
 * them, and are numbered so.
 */
export function read(module, sorted = (functions) => functions) {
  const file = reader(module.subarray(8));
  const sections = [];
  while (!file.ended()) sections.push({ id: file.byte(), bytes: file.bytes(file.number()) });
  const section = (id) => reader(sections.find((section) => section.id === id).bytes);

  const imports = section(IMPORTS);
  const imported = imports.list(() => {
    for (let names = 2; names > 0; names--) imports.text();
    if (imports.byte() !== 0)
      throw new UserError("The module imports something that is no function: scripts/lib/module.mjs has to learn it.");
    imports.number();
  }).length;
  const types = section(TYPES_OF_FUNCTIONS);
  const typed = types.list(() => types.number());
  const code = section(CODE);
  const functions = sorted(code.list((i) => ({ number: imported + i, type: typed[i], ...readFunction(code) })));

  const numbers = new Map(functions.map(({ number }, i) => [number, imported + i]));
  const renumbered = (number) => numbers.get(number) ?? number;
  for (const one of functions) {
    one.number = renumbered(one.number);
    for (const { operands } of one.instructions)
      for (const operand of operands) if (operand.sort === "call") operand.value = renumbered(operand.value);
  }
  const at = sections.findIndex(({ id }) => id === CODE);
  const written = (some) =>
    some.flatMap(({ id, bytes }) => {
      const rewritten = rewrite(id, bytes, functions, renumbered);
      return [id, ...leb(rewritten.length), ...rewritten];
    });
  return {
    imported,
    functions,
    before: [...module.subarray(0, 8), ...written(sections.slice(0, at))],
    after: written(sections.slice(at + 1)),
  };
}

/** A section's bytes with the new numbers of functions. */
function rewrite(id, bytes, functions, renumbered) {
  const from = reader(bytes);
  const listed = (list) => [...leb(list.length), ...list.flat()];
  if (id === TYPES_OF_FUNCTIONS) return listed(functions.map(({ type }) => leb(type)));
  if (id === START) return leb(renumbered(from.number()));
  if (id === EXPORTS) {
    return listed(
      from.list(() => {
        const name = from.bytes(from.number());
        const kind = from.byte();
        const number = from.number();
        return [...leb(name.length), ...name, kind, ...leb(kind === 0 ? renumbered(number) : number)];
      }),
    );
  }
  if (id === TABLES) {
    return listed(
      from.list(() => {
        const [of, constant, offset, end] = [from.byte(), from.byte(), from.digits(), from.byte()];
        if (of !== 0 || constant !== 0x41)
          throw new UserError("The module fills its table otherwise: scripts/lib/module.mjs has to learn how.");
        return [of, constant, ...offset, end, ...listed(from.list(() => leb(renumbered(from.number()))))];
      }),
    );
  }
  return [...bytes];
}

function readFunction(code) {
  const from = reader(code.bytes(code.number()));
  const locals = from.list(() => [from.number(), from.byte()]).flat();
  const instructions = [];
  while (!from.ended()) instructions.push(readInstruction(from));
  return { locals, instructions };
}

/** An instruction: its code, and its operands in their order. Alignments are left out. */
function readInstruction(from) {
  const op = from.byte();
  const operand = (sort, value = from.number()) => ({ sort, value });
  const list = (sort, count) => Array.from({ length: count }, () => operand(sort));
  if (sorts[op]) return { op, operands: list(sorts[op], 1) };
  if (op === 0x41) return { op, operands: [operand("i32", signed(from.digits()))] };
  if (op === 0x42) return { op, operands: from.digits().map((digit) => operand("i64", digit)) };
  if (op === 0x43 || op === 0x44)
    return { op, operands: [...from.bytes(op === 0x43 ? 4 : 8)].map((byte) => operand("float", byte)) };
  if (op >= 0x28 && op <= 0x3e) {
    from.number();
    return { op, operands: list(op < 0x36 ? "load" : "store", 1) };
  }
  if (op === 0x0e) {
    const count = operand("label");
    return { op, operands: [count, ...list("label", count.value + 1)] };
  }
  if (op === 0x11) return { op, operands: list("other", 2) };
  if (op === 0xfc) {
    const second = from.number();
    if (second <= 11) return { op: (op << 8) | second, operands: list("other", more[second] ?? 0) };
  }
  if (without(op)) return { op, operands: [] };
  throw new UserError(
    `The module has the opcode 0x${op.toString(16)}, which scripts/lib/module.mjs and tools/join have to learn.`,
  );
}
