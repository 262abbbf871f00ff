// Takes out of the module what nothing refers to any more: functions that only the table names, and constants. The
// linker kept them for wasm-bindgen's descriptions and for panics' messages, which are gone by now; wasm-opt can't tell,
// since to it an address is a number like any other. The linker's own notes (`--emit-relocs`) say who refers to what:
// a third of the data, and every function that formats text.
//
// Catches notes that name what the module has not.

import { reader, signed } from "./module.mjs";
import { UserError } from "./run.mjs";

// Sorts of relocations, as the linking conventions of WebAssembly number them.
const FUNCTION_IN_CODE = 1;
const FUNCTION_IN_DATA = 2;
const ADDRESS_IN_CODE = [3, 4];
const ADDRESS_IN_DATA = 5;
const ADDENDS = [3, 4, 5, 8, 9, 11];
// Kinds of symbols.
const [FUNCTION, DATA] = [0, 1];
const [CUSTOM, IMPORTS, CODE, DATA_SECTION] = [0, 2, 10, 11];

/**
 * `module` without what nothing refers to, but for these `exports`; `compiled` is what the linker wrote, with its notes.
 * Functions that `stub` knows were replaced since then: what is noted of them no longer counts.
 */
export async function sweep(module, compiled, exports, stub) {
  const { constants, references } = readNotes(compiled);
  // Imported here, since setup may have installed it a moment ago.
  const { default: binaryen } = await import("binaryen");
  const swept = binaryen.readBinary(module);
  const functions = Array.from({ length: swept.getNumFunctions() }, (_, i) => swept.getFunctionByIndex(i)).map(
    (ref) => ({ ref, ...binaryen.getFunctionInfo(ref) }),
  );
  const exported = Array.from({ length: swept.getNumExports() }, (_, i) =>
    binaryen.getExportInfo(swept.getExportByIndex(i)),
  );
  for (const { name } of exported) if (!exports.has(name)) swept.removeExport(name);
  // what was handed to nothing but stubs is handed to nobody now, and its address is nowhere any more
  swept.runPasses(["dae", "vacuum"]);
  const text = swept.emitText();
  const numbers = new Set([...text.matchAll(/(?:i32\.const |offset=)(\d+)/g)].map(([, number]) => Number(number)));
  const called = new Map();
  for (const [caller, callee] of calls(text)) called.set(caller, (called.get(caller) ?? []).concat(callee));
  const referred = (one) =>
    stub(one)
      ? []
      : references(one)
          .filter(({ value }) => value === undefined || numbers.has(value))
          .map(({ to }) => to);

  const used = new Set();
  const use = (one) => {
    if (used.has(one)) return;
    used.add(one);
    for (const other of [...referred(one), ...(called.get(one) ?? [])]) use(other);
  };
  for (const { name, value } of exported) if (exports.has(name)) use(value);
  for (const { ref, name, base } of functions)
    if (!base && !used.has(name)) binaryen.Function.setBody(ref, swept.unreachable());
  binaryen.setDebugInfo(true);
  const bytes = swept.emitBinary();
  swept.dispose();

  const kept = constants.filter((one) => used.has(one));
  for (const { address, bytes: segment } of readData(bytes)) {
    const keep = new Uint8Array(segment.length);
    for (const one of kept)
      keep.fill(1, Math.max(0, one.address - address), Math.max(0, one.address + one.size - address));
    keep.forEach((kept, at) => (segment[at] &= -kept));
  }
  return { bytes, used };
}

/** A module without the linker's notes, which hold no more once anything has changed. */
export function withoutNotes(module) {
  const kept = [module.subarray(0, 8)];
  for (const file = reader(module.subarray(8)); !file.ended(); ) {
    const start = file.at();
    const id = file.byte();
    const bytes = file.bytes(file.number());
    const name = id === CUSTOM ? reader(bytes).text() : "";
    if (name !== "linking" && !name.startsWith("reloc.")) kept.push(module.subarray(8 + start, 8 + file.at()));
  }
  return Buffer.concat(kept);
}

/** Who calls whom, by the module's text. */
export function* calls(text) {
  let caller = "";
  for (const [, quotedFunction, func, quotedCall, call] of text.matchAll(
    /\((?:func \$(?:"([^"]*)"|([^\s)]+))|call \$(?:"([^"]*)"|([^\s)]+)))/g,
  )) {
    if (quotedCall ?? call) yield [caller, quotedCall ?? call];
    else caller = quotedFunction ?? func;
  }
}

/** The sections of a module: each with its number, its bytes, and, of the custom ones, its name. */
function sectionsOf(module) {
  const sections = [];
  for (const file = reader(module.subarray(8)); !file.ended(); ) {
    const id = file.byte();
    const from = reader(file.bytes(file.number()));
    sections.push({ id, name: id === CUSTOM ? from.text() : "", from });
  }
  return (id, name = "") => {
    const found = sections.find((one) => one.id === id && one.name === name);
    if (!found) throw new UserError(`The module has no section ${id} ${name}: scripts/lib/sweep.mjs expects it.`);
    return found.from;
  };
}

/** The pieces of a module's data. */
function readData(module) {
  const data = sectionsOf(module)(DATA_SECTION);
  return data.list(() => {
    if (data.number() !== 0 || data.byte() !== 0x41)
      throw new UserError("The module has data without an address: scripts/lib/sweep.mjs has to learn it.");
    const address = signed(data.digits());
    data.byte();
    const size = data.number();
    return { address, at: data.at(), bytes: data.bytes(size) };
  });
}

/** What the linker noted: all constants, and to which functions (their names) and constants each of both refers; in code, by which number. */
function readNotes(compiled) {
  const section = sectionsOf(compiled);
  const imports = section(IMPORTS);
  const imported = imports.list(() => [imports.text(), imports.text(), imports.byte(), imports.number()]).length;
  const code = section(CODE);
  const starts = code.list(() => {
    const start = code.at();
    code.bytes(code.number());
    return start;
  });
  const names = readNames(section(CUSTOM, "name"));
  const segments = readData(compiled);
  const symbols = readSymbols(section(CUSTOM, "linking"), segments);
  const constants = symbols.filter(({ size }) => size !== undefined);

  const noted = new Map();
  const note = (from, symbol, value) =>
    noted.set(from, [
      ...(noted.get(from) ?? []),
      { to: symbol.kind === FUNCTION ? names.get(symbol.number) : symbol, value },
    ]);
  for (const { type, at, symbol, addend } of readRelocations(section(CUSTOM, "reloc.CODE"))) {
    const by = names.get(imported + starts.findLastIndex((start) => start <= at));
    if (type === FUNCTION_IN_CODE) note(by, symbols[symbol]);
    if (ADDRESS_IN_CODE.includes(type)) note(by, symbols[symbol], symbols[symbol].address + addend);
  }
  for (const { type, at, symbol } of readRelocations(section(CUSTOM, "reloc.DATA"))) {
    if (type !== FUNCTION_IN_DATA && type !== ADDRESS_IN_DATA) continue;
    const segment = segments.find((one) => at >= one.at && at < one.at + one.bytes.length);
    const address = segment.address + at - segment.at;
    for (const one of constants)
      if (address >= one.address && address < one.address + one.size) note(one, symbols[symbol]);
  }
  return { constants, references: (from) => noted.get(from) ?? [] };
}

function readNames(from) {
  const names = new Map();
  while (!from.ended()) {
    const kind = from.byte();
    const list = reader(from.bytes(from.number()));
    if (kind === 1) list.list(() => names.set(list.number(), list.text()));
  }
  return names;
}

function readSymbols(from, segments) {
  from.number(); // the notes' version
  while (!from.ended()) {
    const kind = from.byte();
    const list = reader(from.bytes(from.number()));
    if (kind === 8) return list.list(() => readSymbol(list, segments));
  }
  throw new UserError("The linker noted no symbols: scripts/lib/sweep.mjs expects them.");
}

function readSymbol(from, segments) {
  const [kind, flags] = [from.byte(), from.number()];
  const [elsewhere, named] = [(flags & 0x10) !== 0, (flags & 0x40) !== 0];
  if (kind === DATA) {
    from.text();
    if (elsewhere) return { kind };
    const [segment, offset, size] = [from.number(), from.number(), from.number()];
    const { address, bytes } = segments[segment];
    return { kind, address: address + offset, size, bytes: bytes.subarray(offset, offset + size) };
  }
  const number = from.number();
  if (kind !== 3 && (!elsewhere || named)) from.text();
  return { kind, number };
}

function readRelocations(from) {
  from.number(); // of which section
  return from.list(() => {
    const [type, at, symbol] = [from.byte(), from.number(), from.number()];
    return { type, at, symbol, addend: ADDENDS.includes(type) ? signed(from.digits()) : 0 };
  });
}
