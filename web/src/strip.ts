/** One thing through time: a small chip of every look, with what it shows there, to be corrected look by look. */

import { api, type Mode, type Scene, type State, type Subject } from "./api";
import { button, byId, day, el } from "./dom";

const CHIP = 96;
const GAP = 3;
const SIGNS: Record<string, string> = { present: "●", absent: "○", unclear: "–", hidden: "·" };

let scrolls = 0;

export function drawStrip(subject: Subject, looks: Scene[], mode: Mode, show: (index: number) => void): Promise<void> {
  const strip = byId("strip");
  const states = new Map(subject.looks.map((look) => [look.scene, look]));
  const picture = new Image();
  picture.src = api.strip(mode, subject.id);
  delete strip.dataset.drawn;
  const came = new Promise<void>((resolve) => {
    picture.addEventListener("error", () => resolve());
    picture.addEventListener("load", () => {
      resolve();
      if (strip.dataset.wanted !== picture.src) return;
      strip.style.setProperty("--chips", `url("${picture.src}")`);   // one variable, so that it is laid out once
      strip.dataset.drawn = subject.id;
    });
  });
  strip.dataset.wanted = picture.src;
  strip.style.removeProperty("--chips");
  strip.replaceChildren(...looks.map((scene, index) => {
    const look = states.get(scene.id);
    const state = look?.state ?? "";
    const by = look && look.by !== "tool" ? `, says ${look.by}` : "";
    const image = el("span", { class: "image" });
    image.style.backgroundPosition = `${-CHIP * index - 6}px -14px`;
    return el("button", { type: "button", class: `chip ${state}${by ? " told" : ""}`, "data-index": String(index), tabindex: "-1",
      "aria-label": `${day(scene.taken)} ${state}${by}`, title: `${day(scene.taken)} ${state}${by}`, click: () => show(index) },
    image, el("span", { class: "sign" }, `${SIGNS[state] ?? ""} ${day(scene.taken)}`));
  }));
  return came;
}

export function markChip(after: number, before: number): void {
  const strip = byId("strip");
  for (const old of strip.querySelectorAll<HTMLElement>(".is-after, .is-before")) {
    old.classList.remove("is-after", "is-before");
    old.tabIndex = -1;
  }
  strip.children[before]?.classList.add("is-before");
  const chip = strip.children[after];
  if (!(chip instanceof HTMLElement)) return;
  chip.classList.add("is-after");
  chip.tabIndex = 0;
  window.cancelAnimationFrame(scrolls);
  scrolls = window.requestAnimationFrame(() => { strip.scrollLeft = (chip.offsetWidth + GAP) * after - (strip.clientWidth - chip.offsetWidth) / 2; });
}

/** The last clear look before it happened and the first after, as its bracket has them. */
export function around(one: Subject, looks: Scene[]): [number, number] {
  const days = one.when.match(/\d{4}-\d\d-\d\d/g) ?? [];
  const at = (wanted: string | undefined, otherwise: number): number => {
    const found = looks.findIndex((look) => look.taken.slice(0, 10) === wanted);
    return found < 0 ? otherwise : found;
  };
  if (one.kind === "reference" || !days.length) return [0, looks.length - 1];
  if (days.length === 1) return one.when.startsWith("by") ? [Math.max(0, at(days[0], 1) - 1), at(days[0], 1)] : [at(days[0], 0), looks.length - 1];
  return [at(days[0], 0), at(days[1], looks.length - 1)];
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
