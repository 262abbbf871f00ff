// Bytes as a text, one character per byte, since bundlers copy and serve a chunk of JavaScript without being told to.
// The page reads it with one expression: `bytes[i] = text.charCodeAt(i) ^ key` (npm/src/engine/decode.ts).
//
// The key is the number that turns most of the bytes into printable ASCII. Control characters, which tools rewrite or
// escape, move up by 256, which the page's bytes leave out again. As UTF-8 and compressed it is 3 % more than the bytes
// themselves; base64 is 28 % more.

const isPrintable = (code) => code >= 32 && code < 127;
const isControl = (code) => code < 32 || (code >= 127 && code < 160);

/** A module that exports the text, and the key to read it by. */
export function textModule(bytes) {
  const printable = (key) => bytes.reduce((count, byte) => count + isPrintable(byte ^ key), 0);
  const key = Array.from({ length: 256 }, (_, key) => [printable(key), key]).sort(([a], [b]) => b - a)[0][1];
  const codes = Array.from(bytes, (byte) => byte ^ key);
  const text = codes.map((code) => String.fromCharCode(isControl(code) ? code + 256 : code)).join("");
  return `export const text = ${JSON.stringify(text)};\nexport const key = ${key};\n`;
}

/** Its declaration. */
export const textDeclaration = "export const text: string;\nexport const key: number;\n";
