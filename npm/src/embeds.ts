import { badOption, reading } from "./errors.js";
import type { EmbedLike, TokenRequest } from "./types.js";

/** powerbi-client leaves the embed at its container. */
type Container = HTMLElement & { powerBiEmbed?: EmbedLike };

/** All that the engine observes of an embed (`src/web/embed.rs`). */
interface EmbedSnapshot {
  readonly embed: unknown;
  readonly connected: unknown;
  readonly token: unknown;
  readonly tokenType: unknown;
  /** `type`, `id` and `groupId`: a container may show another report. */
  readonly content: readonly unknown[];
}

/** An attached embed, from attach to detach. */
export interface AttachedEmbed {
  readonly id: number;
  readonly element: HTMLElement;
  /** The embed that was handed in, if any. */
  readonly provided: EmbedLike | undefined;
  /** The errors that were explained since the last new token: fifty visuals may raise the same one. */
  explainedErrors?: Set<string>;
  /** A new token was requested because an explanation says that it helps. Once is enough. */
  refreshedToRecover?: boolean;
  /** The embed as the engine observed it last. */
  snapshot?: EmbedSnapshot | undefined;
  /** Aborted by detach, for what is being explained then. */
  end?: AbortController;
}

/** The attached embeds, by element and by id. */
export class AttachedEmbeds {
  private readonly byElement = new Map<HTMLElement, AttachedEmbed>();
  private readonly byId = new Map<number, AttachedEmbed>();

  get size(): number {
    return this.byElement.size;
  }

  all(): AttachedEmbed[] {
    return [...this.byId.values()];
  }

  add(attached: AttachedEmbed): void {
    this.byElement.set(attached.element, attached);
    this.byId.set(attached.id, attached);
  }

  get(element: HTMLElement): AttachedEmbed | undefined {
    return this.byElement.get(element);
  }

  withId(id: number): AttachedEmbed | undefined {
    return this.byId.get(id);
  }

  remove(element: HTMLElement): AttachedEmbed | undefined {
    const attached = this.byElement.get(element);
    if (attached !== undefined) this.byId.delete(attached.id);
    this.byElement.delete(element);
    attached?.end?.abort();
    return attached;
  }

  clear(): void {
    for (const { element } of this.all()) this.remove(element);
  }

  /** Lets go of what belongs to the old token. */
  forgetOldToken(): void {
    for (const attached of this.byId.values()) {
      attached.explainedErrors?.clear();
      attached.snapshot = undefined;
    }
  }

  /** What a token source is told of the embeds. */
  describe(): TokenRequest["embeds"] {
    return this.all().map((attached) => {
      const described: Record<string, string> = {};
      try {
        const config = embedOf(attached)?.config as unknown as Record<string, unknown>;
        for (const key of ["type", "id", "groupId"]) {
          if (typeof config[key] === "string") described[key] = config[key] as string;
        }
      } catch {
        // nothing is embedded there yet, or its getters throw
      }
      return described as { type: string };
    });
  }
}

export function hasEmbed(element: HTMLElement): boolean {
  return (element as Container).powerBiEmbed !== undefined;
}

/** The embed in the container now, which counts more than the one that was handed in. */
export function embedOf({ element, provided }: AttachedEmbed): EmbedLike | undefined {
  return (element as Container).powerBiEmbed ?? provided;
}

/** Takes a new snapshot of an embed; true if it differs from the last one. */
export function hasChanged(attached: AttachedEmbed): boolean {
  const before = attached.snapshot;
  attached.snapshot = undefined;
  try {
    const embed = embedOf(attached) as { iframe?: HTMLElement; config?: Partial<Record<string, unknown>> } | undefined;
    const config = embed?.config;
    const [connected, token, tokenType] = [embed?.iframe?.isConnected, config?.accessToken, config?.tokenType];
    const content = [config?.type, config?.id, config?.groupId];
    const isSame =
      before &&
      before.embed === embed &&
      before.connected === connected &&
      before.token === token &&
      before.tokenType === tokenType &&
      content.every((part, index) => part === before.content[index]);
    attached.snapshot = isSame ? before : { embed, connected, token, tokenType, content };
    return !isSame;
  } catch {
    // its getters throw, and may answer otherwise each time
    return true;
  }
}

/**
 * The container of an embed, and the embed if that is what was handed in.
 *
 * @throws TypeError when `embed` is neither an embed nor a container
 */
export function partsOf(embed: EmbedLike | HTMLElement): { element: HTMLElement; provided: EmbedLike | undefined } {
  return reading("embed", () => {
    const given = embed as Partial<EmbedLike & HTMLElement> | null | undefined;
    if (typeof given?.setAccessToken === "function") {
      const { element } = given;
      if (isElement(element)) return { element, provided: embed as EmbedLike };
    }
    if (isElement(embed)) return { element: embed, provided: undefined };
    throw badOption("embed", "must be what powerbi.embed() returned, or its container");
  });
}

/** By shape: a page may hand in an element of another frame. */
function isElement(value: unknown): value is HTMLElement {
  return (value as Partial<Node> | null | undefined)?.nodeType === 1;
}
