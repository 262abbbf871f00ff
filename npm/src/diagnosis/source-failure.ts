/** The most characters of a body that are read: an explanation needs its beginning. */
const MAX_EXCERPT = 16_384;

/**
 * Describes a source's failure to the diagnosis, from the error, the `Response` or the answer that it came with.
 *
 * Nothing of it is kept, and the explanation quotes none of its text.
 */
export async function describeSourceFailure(
  evidence: unknown,
  method: string | undefined,
  over: AbortSignal,
): Promise<object> {
  // what is of the page's own making may throw at any question
  return describe(evidence, method, over).catch(() => ({ source: true, method, failure: evidence }));
}

async function describe(evidence: unknown, method: string | undefined, over: AbortSignal): Promise<object> {
  const response = responseOf(evidence);
  const described = {
    source: true,
    method,
    ...(response && {
      status: response.status,
      contentType: header(response, "content-type"),
      errorInfo: header(response, "x-powerbi-error-info"),
      headers: { "www-authenticate": header(response, "www-authenticate") },
      body: await excerptOf(response, over),
    }),
  };
  if (response === evidence) return described;
  const rest = typeof evidence === "string" ? { body: evidence.slice(0, MAX_EXCERPT) } : { failure: evidence };
  return { ...described, ...rest };
}

/** The `Response` that the evidence is or has, as HTTP libraries leave it on their errors. */
function responseOf(evidence: unknown): Response | undefined {
  const { response, cause } = (evidence ?? {}) as { response?: unknown; cause?: { response?: unknown } };
  return [evidence, response, cause?.response].find(isResponse);
}

function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.get === "function";
}

function header(response: Response, name: string): string | undefined {
  return response.headers.get(name) ?? undefined;
}

/** The beginning of a body that nobody has read yet, or is reading; what came of it before `over`. */
async function excerptOf({ body, bodyUsed }: Response, over: AbortSignal): Promise<string> {
  let text = "";
  if (bodyUsed || body?.locked || typeof body?.getReader !== "function") return text;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  // a body may never end; this ends the reading too
  const cancel = (): void => void reader.cancel().catch(() => {});
  over.addEventListener("abort", cancel);
  try {
    while (text.length < MAX_EXCERPT) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // cut off: what came so far has to do
  }
  over.removeEventListener("abort", cancel);
  cancel();
  return text.slice(0, MAX_EXCERPT);
}
