// "Embed for your organization": visitors sign in with their own accounts, through MSAL, and each report is shown with
// the visitor's own token. Their tokens stay in the browser; the demo's server sees none of them.
import { type AccountInfo, InteractionRequiredAuthError, PublicClientApplication } from "@azure/msal-browser";
import type { LiveEmbed, SignIn } from "../../backend/config";
import { readEmbeds } from "./rest";

/** The way in. Made before it is needed: a window for signing in must open at once, or the browser blocks it. */
export interface SignInFlow {
  /** Who has signed in before, in this tab. */
  visitor: Visitor | null;
  /** In the course of a click. */
  signIn(): Promise<Visitor>;
}

export interface Visitor {
  /** The account's. */
  readonly id: string;
  readonly name: string;
  /** What the visitor may embed; rejects with a `RefusedError`. */
  embeds(): Promise<LiveEmbed[]>;
  /** A keeper's `source`. */
  source(request: { reason: string }): Promise<{ token: string; expiration: string }>;
  signOut(): Promise<void>;
}

/** @param signInAgain is called when Entra wants to see the visitor again before it gives another token. */
export async function prepareSignIn(config: SignIn, signInAgain: () => void): Promise<SignInFlow> {
  const { clientId, authority, knownAuthorities, scopes } = config;
  const msal = new PublicClientApplication({
    auth: { clientId, authority, knownAuthorities, redirectUri: new URL("signed-in.html", document.baseURI).href },
  });
  await msal.initialize();
  let signIns = 0;

  function visitor(account: AccountInfo): Visitor {
    const acquire = async (forceRefresh: boolean) => {
      const before = signIns;
      try {
        return await msal.acquireTokenSilent({ scopes, account, forceRefresh });
      } catch (error) {
        // unless the visitor has done so meanwhile
        if (error instanceof InteractionRequiredAuthError && signIns === before) signInAgain();
        throw error;
      }
    };
    return {
      id: account.homeAccountId,
      name: account.name ?? account.username,
      embeds: async () => readEmbeds(config, (await acquire(false)).accessToken),
      source: async ({ reason }) => {
        // MSAL hands out what it has until five minutes before its end; a keeper that asks again wants a new one.
        const { accessToken, expiresOn } = await acquire(reason !== "initial");
        return { token: accessToken, expiration: (expiresOn ?? new Date()).toISOString() };
      },
      signOut: () => msal.clearCache({ account }),
    };
  }

  const [known] = msal.getAllAccounts();
  return {
    visitor: known ? visitor(known) : null,
    signIn: async () => {
      const { account } = await msal.loginPopup({ scopes });
      signIns += 1;
      return visitor(account);
    },
  };
}
