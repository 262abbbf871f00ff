// A module as a text, one character per byte, since bundlers copy and serve a chunk of JavaScript without being told
// to. The page reads it with one expression: `bytes[i] = text.charCodeAt(i) ^ 112` (npm/src/engine/decode.ts).
//
// `^ 112` turns what a module is full of, zeros, small numbers and the commonest instructions, into printable ASCII.
// Control characters, which tools rewrite or escape, move up by 256, which the page's bytes leave out again. As UTF-8
// and compressed it is 3 % more than the module itself; base64 is 28 % more.

const isControl = (code) => code < 32 || (code >= 127 && code < 160);

export function encode(module) {
  const codes = Array.from(module, (byte) => byte ^ 112);
  return codes.map((code) => String.fromCharCode(isControl(code) ? code + 256 : code)).join("");
}
