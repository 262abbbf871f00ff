import { askDiagnosis } from "./diagnosis/load.js";
import type { ErrorCode, Explanation, Finding, KeeperStatus } from "./types.js";
import { warnOnce } from "./warnings.js";

/** A failed request, as the engine tells it. */
export interface SourceFailure {
  readonly code: ErrorCode | null;
  /** The token that was refused; where nothing failed, one that is looked at all the same. */
  readonly refusedToken: string | undefined;
  /** The error, the `Response` or the answer that the source failed with. */
  readonly evidence: unknown;
}

/** What the diagnosis says of a failure. */
export interface FailureReport {
  readonly findings: Finding[];
  readonly explanation?: Explanation;
}

/** The refusals that the token itself explains. The others say all there is to say. */
const ABOUT_TOKEN = /^ERR_TOKEN_(UNUSABLE|TYPE|EXPIRED|SUBJECT)$/;
/** What only a change of the code mends, as an explanation names it: no such route or method, or a page of HTML. */
const WRONG_ADDRESS = /^(HTTP 40[45]|HTML)$/;
/** The failures that a body or an error explains. */
const ABOUT_SOURCE = /^ERR_SOURCE_/;

/**
 * Has the diagnosis report on a failure; undefined where there is nothing to report on, so that nothing is loaded.
 * Neither is part of the report where the diagnosis can't be loaded, or `end` is aborted before.
 */
export function reportFailure(
  { code, refusedToken, evidence }: SourceFailure,
  status: KeeperStatus,
  method: string | undefined,
  end: AbortSignal,
): Promise<FailureReport> | undefined {
  if (refusedToken !== undefined && (code === null || ABOUT_TOKEN.test(code))) {
    return askDiagnosis((explainer) => explainer.findings(refusedToken, status), end).then((findings = []) => {
      const mismatch = findings.find((finding) => finding.code === "token-type-mismatch");
      if (code === "ERR_TOKEN_TYPE" && mismatch) warnOnce(code, mismatch.message, mismatch.docs);
      return { findings };
    });
  }
  if (evidence === undefined || code === null || !ABOUT_SOURCE.test(code)) return undefined;
  return askDiagnosis((explainer, over) => explainer.explainSource(evidence, method, status, over), end).then(
    (explanation) => {
      const [cause] = explanation?.causes ?? [];
      if (explanation && cause?.code === "endpoint-wrong" && method && WRONG_ADDRESS.test(explanation.error)) {
        warnOnce("endpoint-wrong", explanation.summary, cause.docs);
      }
      return { findings: [], ...(explanation && { explanation }) };
    },
  );
}
