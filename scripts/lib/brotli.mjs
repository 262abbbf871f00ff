// A file as servers send it that were given time to compress it.

import { brotliCompressSync, constants } from "node:zlib";

export const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
