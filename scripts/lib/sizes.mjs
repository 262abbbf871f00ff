// What a text or a file weighs, as it is and behind the compression of servers that were given time for it.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

export function brotli(content) {
  const bytes = Buffer.from(content);
  return brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
}

export const sizes = (content) => ({
  raw: Buffer.byteLength(content),
  gzip: gzipSync(content, { level: 9 }).length,
  brotli: brotli(content).length,
});
