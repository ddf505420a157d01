/** The one dialog: a question with answers by number key, or to be narrowed down where they are many, and a line of text. */

import { byId, el, button } from "./dom";

const BY_NUMBER = 9;

export interface Question {
  title: string;
  options?: [value: string, text: string][];
  text?: { label: string; value?: string; required?: boolean };
}

/** The chosen option and the text; null where the reader thought better of it. */
export function ask(question: Question): Promise<{ option: string; text: string } | null> {
  const dialog = byId<HTMLDialogElement>("ask");
  return new Promise((resolve) => {
    let answer: { option: string; text: string } | null = null;
    const input = question.text ? el("input", { type: "text", id: "ask-text", maxlength: "2000", autocomplete: "off" }) : null;
    if (input) input.value = question.text?.value ?? "";
    const finish = (option: string): void => {
      const text = input?.value.trim() ?? "";
      if (question.text?.required && !text && !option) { input?.focus(); return; }
      answer = { option, text };
      dialog.close();
    };
    const given = question.options ?? [];
    const isLong = given.length > BY_NUMBER;
    const options = given.map(([value, text], i) => button(text, isLong ? null : String(i + 1), () => finish(value), { class: "option" }));
    const narrow = isLong ? el("input", { type: "text", id: "ask-narrow", autocomplete: "off", input: () => {
      const wanted = narrow!.value.trim().toLowerCase();
      options.forEach((one, i) => { one.hidden = !given[i]![1].toLowerCase().includes(wanted); });
    } }) : null;
    const first = (): HTMLButtonElement | undefined => options.find((one) => !one.hidden);
    const form = el("form", { method: "dialog", submit: (event) => { event.preventDefault(); if (narrow) first()?.click(); else finish(""); } },
      el("h2", { id: "ask-title" }, question.title),
      narrow && el("label", { for: "ask-narrow" }, `Type a part of one of ${given.length}, Enter takes the first; or go by ↑ ↓`), narrow,
      el("div", { class: "options" }, ...options),
      input && el("label", { for: "ask-text" }, question.text!.label), input,
      el("p", { class: "answers" }, input ? el("button", { type: "submit", class: "strong" }, "Keep ", el("kbd", {}, "Enter")) : null,
        button("Cancel", "Esc", () => dialog.close())));
    dialog.replaceChildren(form);
    dialog.onkeydown = (event) => {
      event.stopPropagation();
      const number = Number(event.key);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); go(options, event.key === "ArrowDown" ? 1 : -1); }
      else if (!isLong && event.target !== input && number >= 1 && number <= options.length) { event.preventDefault(); options[number - 1]!.click(); }
    };
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
    (narrow ?? options[0] ?? input)?.focus();
  });
}

/** To the next answer that is shown, or the one before. */
function go(options: HTMLButtonElement[], by: number): void {
  const shown = options.filter((one) => !one.hidden);
  const at = shown.indexOf(document.activeElement as HTMLButtonElement);
  (shown[at < 0 ? 0 : at + by] ?? shown[at])?.focus();
}

/** What the keys do. */
export function showKeys(keys: [string, string][]): void {
  const dialog = byId<HTMLDialogElement>("ask");
  dialog.replaceChildren(el("form", { method: "dialog" }, el("h2", { id: "ask-title" }, "Keys"),
    el("dl", { class: "keys" }, ...keys.flatMap(([key, text]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, text)])),
    el("p", { class: "answers" }, el("button", { type: "submit" }, "Close ", el("kbd", {}, "Esc")))));
  dialog.onkeydown = (event) => event.stopPropagation();
  dialog.onclose = null;
  dialog.showModal();
}
