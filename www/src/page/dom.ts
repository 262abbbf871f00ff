// Small ways into the document.

export function el<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** The element of a part of the page, by what it is for. */
export function part<T extends HTMLElement = HTMLElement>(within: ParentNode, name: string): T {
  const found = within.querySelector<T>(`[data-part="${name}"]`);
  if (!found) throw new Error(`the page has no part "${name}"`);
  return found;
}

/** Touches the document only where something changed: the page repaints several times a second. */
export function setText(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

export function createElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function button(label: string, onClick: () => void): HTMLButtonElement {
  const made = createElement("button", { type: "button", textContent: label });
  made.addEventListener("click", onClick);
  return made;
}

export const setPressed = (one: HTMLElement, on: boolean) => one.setAttribute("aria-pressed", String(on));
export const isPressed = (one: HTMLElement) => one.getAttribute("aria-pressed") === "true";
