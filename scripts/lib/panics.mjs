// Cuts out of the module what composes the messages of panics: 6 KB that every page would load for texts that nobody
// sees, since the shell passes none on. A panic calls the shell's `crash` (src/web/door.rs) and traps, as it does by
// way of std's hook in every other build. Rust itself leaves messages out in its nightly version only.
//
// Catches code of ours that formats text: in the shipped module it would trap.

import { Stop } from "./run.mjs";

// Names as `plain` has them.
const crash = /^powerbi_token_keeper::web::door::crash$/;
/** Where panics pass by on their way to the hook. */
const panics = /^core::panicking::(panic_fmt$|assert_failed)|^std::panicking::panic_with_hook$/;
/** Sets the hook, which nothing asks any more. */
const setter = /^std::panicking::set_hook$/;
/** What formats, and what std does between a panic and its hook. */
const messages = /(^|\W)core::fmt::|^std::panicking::panic_handler|^<std::panicking::/;

/** `bytes` is what wasm-bindgen wrote, with its names. */
export async function withoutMessages(bytes) {
  // Imported here, since setup may have installed it a moment ago.
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(bytes);
  const functions = Array.from({ length: module.getNumFunctions() }, (_, i) => module.getFunctionByIndex(i))
    .map((ref) => ({ ref, ...binaryen.getFunctionInfo(ref) }))
    .filter(({ base }) => !base); // imports have one
  const named = (pattern) => {
    const found = functions.filter(({ name }) => pattern.test(plain(name)));
    if (!found.length) throw new Stop(`No function matches ${pattern}: scripts/lib/panics.mjs expects it in the module.`);
    return found;
  };
  const become = (pattern, body) => named(pattern).map(({ ref, name }) => (binaryen.Function.setBody(ref, body()), name));

  const [{ name: toCrash }] = named(crash);
  become(panics, () => module.block(null, [module.call(toCrash, [], binaryen.none), module.unreachable()]));
  become(setter, () => module.nop());
  const cut = new Set(become(messages, () => module.unreachable()));
  for (const [caller, called] of calls(module.emitText())) {
    if (cut.has(called) && !plain(caller).includes("std::panicking::")) throw new Stop(`${caller} formats text: ${called} is not in the shipped module.`);
  }
  const trimmed = module.emitBinary();
  module.dispose();
  return trimmed;
}

/** A name without the hashes, which each compiler version changes. */
const plain = (name) => name.replace(/\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$/g, "");

/** Who calls whom, by the module's text. */
function* calls(text) {
  let caller = "";
  for (const [, quotedFunction, func, quotedCall, call] of text.matchAll(/\((?:func \$(?:"([^"]*)"|([^\s)]+))|call \$(?:"([^"]*)"|([^\s)]+)))/g)) {
    if (quotedCall ?? call) yield [caller, quotedCall ?? call];
    else caller = quotedFunction ?? func;
  }
}
