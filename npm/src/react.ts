import { useEffect, useRef, useState } from "react";
import { TokenKeeper } from "./index.js";
import type { EmbedConfigLike, EmbedLike, TokenKeeperOptions, TokenSource } from "./types.js";

/** The props of powerbi-client-react's `PowerBIEmbed` for an embed that is kept fresh. */
export interface KeptEmbedProps<C extends EmbedConfigLike> {
  readonly embedConfig: C;
  readonly getEmbeddedComponent: (embed: EmbedLike) => void;
}

/**
 * A keeper for as long as the component is mounted; StrictMode's second mount keeps it. A source that is a function may
 * use props and state: the one of the latest render is called. The other options are those of the first render.
 */
export function useTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const source = useRef(options.source);
  const stopping = useRef<{ timer?: ReturnType<typeof setTimeout>; stopped?: TokenKeeper }>({});
  const [create] = useState(() => (): TokenKeeper => {
    const call: TokenSource = (request) => (source.current as TokenSource)(request);
    return new TokenKeeper(typeof options.source === "function" ? { ...options, source: call } : options);
  });
  const [keeper, setKeeper] = useState(create);

  useEffect(() => {
    source.current = options.source;
  });
  useEffect(() => {
    const { current } = stopping;
    clearTimeout(current.timer);
    // shown again after it was hidden, as <Activity> does it
    if (current.stopped === keeper) setKeeper(create);
    return () => {
      current.timer = setTimeout(() => {
        current.stopped = keeper;
        keeper.stop();
      });
    };
  }, [keeper, create]);
  return keeper;
}

/**
 * The props for `PowerBIEmbed` of powerbi-client-react: `<PowerBIEmbed {...useKeptEmbed(keeper, config)} />`.
 *
 * `config` is configured for the hook and may be a new object in every render. It may come without a token at first.
 * A new token alone changes nothing, since the wrapper would load the report again for it; anything else does.
 */
export function useKeptEmbed<C extends EmbedConfigLike>(keeper: TokenKeeper, config: C): KeptEmbedProps<C> {
  const [shown, setShown] = useState(() => ({ keeper, config, embedConfig: keeper.configure({ ...config }) }));
  const [embed, setEmbed] = useState<EmbedLike | null>(null);
  useEffect(() => (embed ? keeper.attach(embed) : undefined), [keeper, embed]);

  let { embedConfig } = shown;
  if (shown.keeper !== keeper || isOther(shown.config, config)) {
    // the same id for as long as the container is the same: the hook's route has it
    const { uniqueId } = embedConfig as { uniqueId?: string };
    embedConfig = keeper.configure({ uniqueId, ...config });
    setShown({ keeper, config, embedConfig });
  }
  return { embedConfig, getEmbeddedComponent: setEmbed };
}

/** Whether more than the token has changed, or the first token has come. */
function isOther(before: EmbedConfigLike, now: EmbedConfigLike): boolean {
  if (before === now) return false;
  const apart = ({ accessToken: _, ...rest }: EmbedConfigLike): string => JSON.stringify(rest);
  return (!before.accessToken && Boolean(now.accessToken)) || apart(before) !== apart(now);
}
