// The smallest page of live mode: what the demo's page does with `/api/config`, without anything to look at. Bundled by
// the story that visits it.
import { factories, type IEmbedConfiguration, service } from "powerbi-client";
import { TokenKeeper } from "powerbi-token-keeper";
import type { LiveConfig } from "../../www/backend/config";
import { openDoor } from "../../www/src/live/sign-in";

const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
const told = { signInAgain: 0 };
const config = (await (await fetch("/api/config")).json()) as LiveConfig;

async function show(keeper: TokenKeeper, tokenType: 0 | 1, embeds: LiveConfig["embeds"]) {
  for (const { kind, id, groupId, embedUrl, dashboardId } of embeds) {
    const container = document.body.appendChild(document.createElement("div"));
    const given = { type: kind, id, groupId, embedUrl, ...(dashboardId && { dashboardId }), tokenType, accessToken: await keeper.getToken() };
    keeper.attach(powerbi.embed(container, keeper.configure(given) as IEmbedConfiguration));
  }
  Object.assign(window, { keeper });
}

async function forCustomers() {
  await show(new TokenKeeper({ source: "/api/embed-token", tokenType: 1 }), 1, config.embeds);
}

async function forOrganization() {
  if (!config.signIn) throw new Error("nobody can sign in here");
  const door = await openDoor(config.signIn, () => (told.signInAgain += 1));
  const enter = async (visitor: NonNullable<typeof door.visitor>) => {
    document.title = visitor.name;
    Object.assign(window, { visitor });
    await show(new TokenKeeper({ source: visitor.source, tokenType: 0 }), 0, await visitor.embeds());
  };
  if (door.visitor) return enter(door.visitor);
  const button = document.body.appendChild(document.createElement("button"));
  button.textContent = "Sign in";
  button.onclick = async () => enter(await door.signIn());
}

Object.assign(window, { told });
await (config.signIn ? forOrganization() : forCustomers());
