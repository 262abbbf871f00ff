// Live mode: the same page on somebody's own reports. Embed tokens come from the demo's server; or visitors sign in
// with their own accounts.
import type { LiveConfig, SignIn } from "../../backend/config";
import { RefusedError } from "../live/rest";
import type { Visitor } from "../live/sign-in";
import type { Demo } from "./demo";
import { button, el } from "./dom";
import { errorText } from "./error-text";

const NOTE = "Microsoft’s frames don’t report their tokens, so the counters show what the two pages know.";

const AGAIN = "Microsoft asks you to sign in again before it issues another token.";

/** Embeds what there is, and asks visitors to sign in where that is needed. `say` shows a sentence. */
export async function openLive(config: LiveConfig, demo: Demo, say: (text: string) => void): Promise<void> {
  if (config.embeds.length > 0) {
    await demo.openLive({ embeds: config.embeds, tokenType: 1, visitor: null });
    say(`Live, ${config.cloud}. ${NOTE}`);
  }
  if (config.signIn) await askToSignIn(config.signIn, config, demo, say);
}

async function askToSignIn(
  signIn: SignIn,
  { cloud, embeds: shown }: LiveConfig,
  demo: Demo,
  say: (text: string) => void,
): Promise<void> {
  const { prepareSignIn } = await import("../live/sign-in");
  const flow = await prepareSignIn(signIn, () => showSignIn(`${AGAIN} The reports stay until their token expires.`));
  const made = button("Sign in", () => {
    // in the course of the click, or the browser blocks the window
    flow.signIn().then(
      (visitor) => demo.do(() => enter(visitor)),
      () => say("The sign-in failed. Try again."),
    );
  });
  let shownFor: string | null = null;

  function showSignIn(text: string): void {
    say(text);
    el("caption").after(made);
  }

  async function open(visitor: Visitor): Promise<void> {
    const embeds = await visitor.embeds();
    document.body.removeAttribute("data-waiting");
    await demo.openLive({ embeds, tokenType: 0, visitor: (request) => visitor.source(request) });
  }

  async function enter(visitor: Visitor): Promise<void> {
    made.remove();
    try {
      // whoever comes back to reports that are there still needs no others
      if (shownFor === visitor.id) demo.signedIn();
      else await open(visitor);
      shownFor = visitor.id;
      say(`Live, ${cloud}, as ${visitor.name}. ${NOTE}`);
    } catch (error) {
      showSignIn(error instanceof RefusedError ? await errorText(error) : AGAIN);
    }
  }

  if (flow.visitor) return enter(flow.visitor);
  if (shown.length === 0)
    showSignIn("Sign in with an account that has access to the report. Its tokens stay in this browser.");
  else el("caption").after(made);
}
