// What a text weighs behind a server's compression.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

export function brotli(text) {
  const bytes = Buffer.from(text);
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
}

export const weigh = (text) => ({ raw: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length, brotli: brotli(text).length });
