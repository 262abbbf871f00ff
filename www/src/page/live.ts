// Live mode: the same page on somebody's own reports. Embed tokens come from the demo's server; or visitors sign in
// with their own accounts.
import type { LiveConfig, SignIn } from "../../backend/config";
import { RefusedError } from "../live/rest";
import type { Visitor } from "../live/sign-in";
import type { Demo } from "./demo";
import { button, el } from "./dom";
import { reasonOf } from "./reason";

const NOTE = "Microsoft’s frames say nothing of their tokens: what is counted here is what the two pages know.";

const AGAIN = "Microsoft wants to see you again before it gives another token.";

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
  const { openDoor } = await import("../live/sign-in");
  const door = await openDoor(signIn, () => offer(`${AGAIN} What is shown stays until its token ends.`));
  const made = button("Sign in", () => {
    // in the course of the click, or the browser blocks the window
    door.signIn().then(
      (visitor) => demo.do(() => enter(visitor)),
      () => say("Signing in did not work. Try again."),
    );
  });
  let inside: string | null = null;

  function offer(text: string): void {
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
      // whoever comes back to reports that are there still needs no others: their keepers ask again
      if (inside !== visitor.id) await open(visitor);
      inside = visitor.id;
      say(`Live, ${cloud}, as ${visitor.name}. ${NOTE}`);
    } catch (error) {
      offer(error instanceof RefusedError ? await reasonOf(error) : AGAIN);
    }
  }

  if (door.visitor) return enter(door.visitor);
  if (shown.length === 0) offer("Sign in with the account that may see the report. Its tokens stay in this browser.");
  else el("caption").after(made);
}
