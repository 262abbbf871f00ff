// A reporter for `node --test`: a line of JSON for each test, with its name and what came of it: whether it passed, or
// why this browser can't judge it.

const NOT_ASKED_FOR = "test name does not match pattern";

export default async function* outcomes(events) {
  for await (const { type, data } of events) {
    if ((type !== "test:pass" && type !== "test:fail") || data.nesting > 0 || data.skip === NOT_ASKED_FOR) continue;
    const { name, skip } = data;
    // a file that can't be run is told as a test with the file's name
    const reason = data.details?.error?.cause?.message ?? data.details?.error?.message;
    const outcome =
      skip === undefined ? { passed: type === "test:pass", reason: reason?.split("\n")[0] } : { unjudged: skip };
    yield `${JSON.stringify({ name, ...outcome })}\n`;
  }
}
