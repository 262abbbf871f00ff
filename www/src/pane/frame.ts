// How the demo embeds the stand-in frame with the untouched powerbi-client.
//
// powerbi-client accepts Microsoft's hosts only, and starts the iframe's journey there the moment it puts the iframe
// into its container. An iframe outside of a document goes nowhere, though. So: embed into a container that is not in
// the page yet, point the iframe at the sandbox of our own origin, and only then put the container into the page. The
// one thing the frame must learn from the URL, powerbi-client's `uid`, goes along. Nothing is ever asked of
// app.powerbi.com, and neither powerbi-client nor the keeper notices: the iframe's load event, the messages and the
// events are those of an ordinary embed.
import { type Embed, factories, type IEmbedConfiguration, service } from "powerbi-client";

export const powerbi = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);

export interface SandboxBehaviour {
  /** The report asks for its data again this often while it is visible. */
  queryEveryMs: number;
  /** It asks accessTokenProvider this long before its token expires. */
  askBeforeMs: number;
}

/** Embeds `config` in `container` and puts that into `place`, where nothing else stays. */
export function embedSandboxed(
  place: HTMLElement,
  container: HTMLElement,
  config: IEmbedConfiguration,
  title: string,
  behaviour: SandboxBehaviour,
): Embed {
  container.remove();
  const embed = powerbi.embed(container, config);
  embed.iframe.src = sandboxUrl(embed.iframe.src, behaviour).href;
  embed.setComponentTitle(title);
  place.replaceChildren(container);
  return embed;
}

/** Embeds `config` where Microsoft's own frame is meant, as any page does. */
export function embedLive(
  place: HTMLElement,
  container: HTMLElement,
  config: IEmbedConfiguration,
  title: string,
): Embed {
  place.replaceChildren(container);
  const embed = powerbi.embed(container, config);
  embed.setComponentTitle(title);
  return embed;
}

function sandboxUrl(embedUrl: string, { queryEveryMs, askBeforeMs }: SandboxBehaviour): URL {
  const url = new URL("sandbox/frame.html", document.baseURI);
  // behind the "#", so that all frames are one file to the browser's cache
  url.hash = new URLSearchParams({
    uid: new URL(embedUrl).searchParams.get("uid") ?? "",
    query: String(queryEveryMs),
    ask: String(askBeforeMs),
  }).toString();
  return url;
}
