// Why something did not work, in a sentence for the page.
import { explain } from "powerbi-token-keeper";
import { BackendError } from "../backend";

/** An error in the words of the diagnosis, where it is one of Microsoft's. */
export async function errorText(error: unknown): Promise<string> {
  const answer = error instanceof BackendError ? error.body : (error as { answer?: unknown } | null)?.answer;
  if (!answer) return `The demo’s backend can’t be reached: ${error instanceof Error ? error.message : "unknown"}.`;
  const { summary, causes } = await explain(answer);
  const [cause] = causes.filter(({ verdict }) => verdict !== "ruled-out");
  return cause ? `${summary} ${cause.fix}` : summary;
}
