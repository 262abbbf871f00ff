// What is embedded, in both panes: adding, removing, and the kind of token.
import type { TokenType } from "powerbi-token-keeper";
import { button, el, createElement } from "./dom";
import { type Demo, MAX_EMBEDS } from "./demo";

export class EmbedPanel {
  readonly #demo: () => Demo;
  readonly #act: (work: () => Promise<void>) => void;
  readonly #adding: HTMLButtonElement[] = [];

  constructor(demo: () => Demo, act: (work: () => Promise<void>) => void) {
    this.#demo = demo;
    this.#act = act;
    for (const kind of ["report", "dashboard", "tile"] as const) {
      const made = button(`Add a ${kind}`, () => act(() => demo().add(kind)));
      this.#adding.push(made);
      el("add").append(made);
    }
    el("add").append(
      button("Three reports, one token", () => act(() => demo().restart({ embeds: ["report", "report", "report"] }))),
    );
    el("add").append(button("Two users, two roles", () => act(() => demo().embedTwoUsers())));
    for (const radio of this.#kinds())
      radio.addEventListener("change", () =>
        act(() => demo().restart({ tokenType: Number(radio.value) as TokenType })),
      );
  }

  show(): void {
    const { embeds, tokenType, live } = this.#demo();
    for (const radio of this.#kinds()) radio.checked = Number(radio.value) === tokenType;
    for (const one of this.#adding) one.disabled = embeds.length >= MAX_EMBEDS;
    el("embedded").replaceChildren(
      ...embeds.map(({ key, title }) => {
        const remove = button("Remove", () => this.#act(async () => this.#demo().remove(key)));
        remove.setAttribute("aria-label", `Remove ${title}`);
        return createElement("li", {}, createElement("span", { textContent: title }), ...(live ? [] : [remove]));
      }),
    );
  }

  #kinds(): NodeListOf<HTMLInputElement> {
    return document.querySelectorAll<HTMLInputElement>('input[name="token-type"]');
  }
}
