// What lies in the linear memory of every engine on a page, the diagnosis' included: to be begun before they load.

import assert from "node:assert/strict";

/** A piece of a token that is this long could be told from chance. */
const PIECE = 16;

/** Has the page note the memory of each instance, be it WebAssembly's or the JavaScript engine's. */
export const seesMemory = (page) =>
  page.run(() => {
    window.memories = [];
    if (typeof WebAssembly === "object") {
      const construct = (Instance, args, target) => {
        const made = Reflect.construct(Instance, args, target);
        for (const one of Object.values(made.exports))
          if (one instanceof WebAssembly.Memory) window.memories.push(() => one.buffer);
        return made;
      };
      WebAssembly.Instance = new Proxy(WebAssembly.Instance, { construct });
    }
    // the JavaScript engine's is one of these, and a larger one when it has grown
    const construct = (Native, args) => {
      const made = new Native(...args);
      if (args[0] >= 131_072) window.memories.push(() => made);
      return made;
    };
    window.ArrayBuffer = new Proxy(window.ArrayBuffer, { construct });
  });

/**
 * Looks through all of it for pieces of `tokens` that no token of `inUse` has: in UTF-8, and in UTF-16 at either
 * parity. Tells where a piece is and of which token, and nothing of its text.
 */
export async function expectForgotten(page, tokens, inUse, when) {
  const { found, bytes, instances } = await page.run(
    ([texts, kept, piece]) => {
      const each = (text, use) => {
        for (let at = 0; at + piece <= text.length; at++) use(text.slice(at, at + piece));
      };
      // each token once, since there are many of them and this is done often
      window.pieces ??= { known: new Map(), tokens: new Set() };
      const { known, tokens } = window.pieces;
      for (const [number, text] of texts.entries()) {
        if (!tokens.has(text)) each(text, (one) => known.set(one, number));
        tokens.add(text);
      }
      const allowed = new Set();
      for (const text of kept) each(text, (one) => allowed.add(one));
      const buffers = window.memories.map((buffer) => buffer()).filter(({ byteLength }) => byteLength > 0);
      const all = [];
      /** Text of so many bytes a character; what is between, as zeros mostly, is passed over. */
      const look = (view, from, width, where) => {
        let text = "";
        const ends = (at) => {
          for (let i = 0; i + piece <= text.length; i++) {
            const one = text.slice(i, i + piece);
            if (known.has(one) && !allowed.has(one)) {
              all.push(`${text.length} characters, with a piece of token ${known.get(one)}, up to ${at} of ${where}`);
              break;
            }
          }
          text = "";
        };
        for (let at = from; at < view.length; at += width) {
          const byte = view[at];
          const isText = byte > 32 && byte < 127 && (width === 1 || view[at + 1] === 0);
          if (isText) text += String.fromCharCode(byte);
          else if (text.length >= piece) ends(at);
          else text = "";
        }
        if (text.length >= piece) ends(view.length);
      };
      for (const [number, buffer] of buffers.entries()) {
        const view = new Uint8Array(buffer);
        look(view, 0, 1, `memory ${number}`);
        look(view, 0, 2, `memory ${number}, UTF-16`);
        look(view, 1, 2, `memory ${number}, UTF-16`);
      }
      return {
        found: all,
        bytes: buffers.reduce((sum, { byteLength }) => sum + byteLength, 0),
        instances: buffers.length,
      };
    },
    [tokens.map(({ text }) => text), inUse.map(({ text }) => text), PIECE],
  );
  assert.ok(instances > 0, "an engine's memory");
  assert.deepEqual(found, [], `pieces of tokens in ${bytes} bytes of memory, ${when}`);
  return { bytes, instances };
}
