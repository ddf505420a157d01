/** One thing through time: a small chip of every look, with what it shows there, to be corrected look by look. */

import { api, type Mode, type Scene, type State, type Subject } from "./api";
import { button, byId, day, el } from "./dom";

const CHIP = 96;
const SIGNS: Record<string, string> = { present: "●", absent: "○", unclear: "–", hidden: "·" };

export function drawStrip(subject: Subject, looks: Scene[], mode: Mode, show: (index: number) => void): void {
  const strip = byId("strip");
  const states = new Map(subject.looks.map((look) => [look.scene, look]));
  const picture = new Image();
  picture.src = api.strip(mode, subject.id);
  strip.replaceChildren(...looks.map((scene, index) => {
    const look = states.get(scene.id);
    const state = look?.state ?? "";
    const by = look && look.by !== "tool" ? `, says ${look.by}` : "";
    const image = el("span", { class: "image" });
    picture.addEventListener("load", () => {
      image.style.backgroundImage = `url("${picture.src}")`;
      image.style.backgroundPosition = `${-CHIP * index - 6}px -14px`;
    });
    return el("button", { type: "button", class: `chip ${state}${by ? " told" : ""}`, "data-index": String(index), tabindex: "-1",
      "aria-label": `${day(scene.taken)} ${state}${by}`, title: `${day(scene.taken)} ${state}${by}`, click: () => show(index) },
    image, el("span", { class: "sign" }, `${SIGNS[state] ?? ""} ${day(scene.taken)}`));
  }));
}

export function markChip(after: number, before: number): void {
  for (const chip of byId("strip").querySelectorAll<HTMLElement>(".chip")) {
    const index = Number(chip.dataset.index);
    chip.classList.toggle("is-after", index === after);
    chip.classList.toggle("is-before", index === before);
    chip.tabIndex = index === after ? 0 : -1;
    if (index === after) chip.scrollIntoView({ block: "nearest", inline: "center" });
  }
}

/** The three words on the look that is shown as after. */
export function drawWords(subject: Subject, scene: Scene, say: (state: State) => void): void {
  const look = subject.looks.find((one) => one.scene === scene.id);
  const words: [State, string][] = [["present", "p"], ["absent", "n"], ["unclear", "x"]];
  byId("word").replaceChildren(...(look ? [
    el("span", {}, `${subject.label} on ${day(scene.taken)}:`),
    ...words.map(([state, key]) => button(state, key, () => say(state), { "aria-pressed": String(look.state === state) })),
    el("span", { class: "soft" }, look.by === "tool" ? `the tool's word, chance of present ${look.chance.toFixed(2)}` : `the word of ${look.by}`),
  ] : []));
}
