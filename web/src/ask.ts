/** The one dialog: a question with a few answers by number key, and a line of text. */

import { byId, el, button } from "./dom";

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
    const options = (question.options ?? []).map(([value, text], i) => button(text, i < 9 ? String(i + 1) : null, () => finish(value), { class: "option" }));
    const form = el("form", { method: "dialog", submit: (event) => { event.preventDefault(); finish(""); } },
      el("h2", { id: "ask-title" }, question.title),
      el("div", { class: "options" }, ...options),
      input && el("label", { for: "ask-text" }, question.text!.label), input,
      el("p", { class: "answers" }, input ? el("button", { type: "submit", class: "strong" }, "Keep ", el("kbd", {}, "Enter")) : null,
        button("Cancel", "Esc", () => dialog.close())));
    dialog.replaceChildren(form);
    dialog.onkeydown = (event) => {
      event.stopPropagation();
      const number = Number(event.key);
      if (event.target !== input && number >= 1 && number <= Math.min(9, options.length)) { event.preventDefault(); options[number - 1]!.click(); }
    };
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
    (options[0] ?? input)?.focus();
  });
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
