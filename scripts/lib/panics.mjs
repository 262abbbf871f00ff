// Cuts out of the module what composes the messages of panics: 6 KB that every page would load for texts that nobody
// sees, since the shell passes none on. A panic calls the shell's `crash` (src/web/door.rs) and traps, as it does by
// way of std's hook in every other build. Rust itself leaves messages out in its nightly version only.
//
// Catches code of ours that formats text: in the shipped module it would trap.

import { UserError } from "./run.mjs";
import { calls, sweep, withoutNotes } from "./sweep.mjs";

// Names as the compiler writes them, with the length before each word.
const crash = /3web4door5crash17h/;
/** What never returns, and calls nothing but what composes a message. */
const panics =
  /9panicking(9panic_fmt$|13assert_failed|15panic_with_hook$)|\d13assert_failed$|4cell\d+panic_already|18panic_access_error$|7raw_vec(12handle_error|17capacity_overflow)|18handle_alloc_error$|12wasm_bindgen9throw_str17h/;
/** Sets the hook, which nothing asks any more. */
const setter = /^_RNvNt\w+3std9panicking8set_hook$/;
/** What formats. Who may panic hands some of it to what is cut above, so that it stays in use. */
const formats = /(4core|_)3fmt|core\.\.fmt/;

/** `module` is what wasm-bindgen wrote, with its names, `compiled` what the linker wrote, and `exports` those in use. */
export async function withoutMessages(module, compiled, exports) {
  // Imported here, since setup may have installed it a moment ago.
  const { default: binaryen } = await import("binaryen");
  const cut = binaryen.readBinary(withoutNotes(module));
  const functions = Array.from({ length: cut.getNumFunctions() }, (_, i) => cut.getFunctionByIndex(i))
    .map((ref) => ({ ref, ...binaryen.getFunctionInfo(ref) }))
    .filter(({ base }) => !base); // imports have one
  const become = (pattern, body) => {
    const found = functions.filter(({ name }) => pattern.test(name));
    if (!found.length)
      throw new UserError(`No function matches ${pattern}: scripts/lib/panics.mjs expects it in the module.`);
    for (const { ref } of found) binaryen.Function.setBody(ref, body());
  };
  const { name: toCrash } = functions.find(({ name }) => crash.test(name)) ?? {};
  if (!toCrash) throw new UserError(`No function matches ${crash}: scripts/lib/panics.mjs expects it in the module.`);
  become(panics, () => cut.block(null, [cut.call(toCrash, [], binaryen.none), cut.unreachable()]));
  become(setter, () => cut.nop());
  become(formats, () => cut.unreachable());
  binaryen.setDebugInfo(true);
  const bytes = cut.emitBinary();
  const all = [...calls(cut.emitText())];
  cut.dispose();

  const { bytes: swept, used } = await sweep(bytes, compiled, exports, (name) =>
    [panics, setter, formats].some((pattern) => pattern.test(name)),
  );
  for (const [caller, called] of all) {
    if (used.has(caller) && formats.test(called))
      throw new UserError(`${caller} formats text: ${called} is not in the shipped module.`);
  }
  return swept;
}
