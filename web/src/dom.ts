/** Small helpers: text is always set as text, so that nothing from a case becomes markup. */

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`#${id} is missing`);
  return found as T;
}

type Child = Node | string | null | undefined | false;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, given: Record<string, string | boolean | ((event: Event) => void)> = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

export function button(text: string, key: string | null, act: () => void, given: Record<string, string | boolean> = {}): HTMLButtonElement {
  return el("button", { type: "button", ...given, click: act }, text, key ? " " : null, key ? el("kbd", {}, key) : null);
}

/** A group of buttons of which one is chosen. */
export function choice<T extends string>(into: HTMLElement, options: [T, string, string][], choose: (value: T) => void): (value: T) => void {
  const made = options.map(([value, text, key]) => button(text, key, () => choose(value), { role: "radio", "data-value": value }));
  into.replaceChildren(...made);
  return (value) => made.forEach((one) => one.setAttribute("aria-checked", String(one.dataset.value === value)));
}

/** Tells whoever listens, on screen and to a screen reader. */
export function tell(text: string, isWrong = false): void {
  const told = byId("told");
  told.textContent = text;
  told.classList.toggle("wrong", isWrong);
}

/** Text in which no line breaks inside a date, nor between a number and its per cent sign. */
export const whole = (text: string): (Node | string)[] => text.replaceAll(" %", "\u00a0%").split(/(\d{4}-\d\d-\d\d)/)
  .map((part, i) => (i % 2 ? el("span", { class: "day" }, part) : part));

export const day = (moment: string): string => moment.slice(0, 10);
