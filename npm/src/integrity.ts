/** The most that is unpacked of a token, whose envelope has 4 KB. */
const MAX_UNPACKED = 1_048_576;

/**
 * Whether an embed token can be unpacked: one that was damaged or cut off on its way can't. True for other tokens, and
 * where the platform can't unpack.
 */
export async function isIntact(token: string): Promise<boolean> {
  // gzip, in base64
  if (!token.startsWith("H4sI") || typeof DecompressionStream === "undefined") return true;
  try {
    const packed = token.split(".", 1).join().replace(/-/g, "+").replace(/_/g, "/");
    const { readable, writable } = new DecompressionStream("gzip");
    const writer = writable.getWriter();
    writer.write(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0))).catch(() => {});
    writer.close().catch(() => {});
    const reader = readable.getReader();
    for (let length = 0; length <= MAX_UNPACKED; ) {
      const { done, value } = await reader.read();
      if (done) return true;
      length += value.length;
    }
    reader.cancel().catch(() => {});
  } catch {
    // not base64, or not gzip to its end
  }
  return false;
}
