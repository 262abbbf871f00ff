// A reporter for `node --test`: a line of JSON for each test, with its name and whether it passed.

export default async function* outcomes(events) {
  for await (const { type, data } of events) {
    if ((type !== "test:pass" && type !== "test:fail") || data.nesting > 0 || data.skip !== undefined) continue;
    // a file that can't be run is told as a test with the file's name
    const reason = data.details?.error?.cause?.message ?? data.details?.error?.message;
    yield `${JSON.stringify({ name: data.name, passed: type === "test:pass", reason: reason?.split("\n")[0] })}\n`;
  }
}
