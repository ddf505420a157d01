/** The list of what can be decided on, what settles most first. */

import type { Subject } from "./api";
import { byId, el, whole } from "./dom";

const MARKS: Record<string, string> = { accept: "✓", reject: "✗", "not sure": "?" };

/** What the tool set aside is listed on demand only: it is much, and seldom worth a decision. */
const isSetAside = (one: Subject): boolean => one.kind === "change" && one.reasons.length > 0 && !one.decisions.length;

export function drawQueue(subjects: Subject[], chosen: string | null, actor: string, leftOut: number, acts: {
  choose: (id: string) => void; showAll: () => void;
}): void {
  const aside = subjects.filter(isSetAside).length;
  const open = subjects.filter((one) => one.is_open && one.kind !== "reference" && !isSetAside(one));
  byId("queue-count").textContent = String(open.length);
  byId("queue-list").replaceChildren(...subjects.map((one) => row(one, one.id === chosen, actor, acts.choose)));
  byId("queue-all").replaceChildren(aside + leftOut ? el("button", { type: "button", "aria-pressed": String(!leftOut), click: acts.showAll },
    `${leftOut ? "Show" : "Hide"} ${aside + leftOut} that the tool set aside`) : "");
}

/** Marks the chosen row without drawing the list again. */
export function markChosen(chosen: string): void {
  const list = byId("queue-list");
  list.querySelector("button[aria-current=true]")?.setAttribute("aria-current", "false");
  const made = list.querySelector(`button[data-id="${CSS.escape(chosen)}"]`);
  made?.setAttribute("aria-current", "true");
  made?.scrollIntoView({ block: "nearest" });
}

function row(one: Subject, isChosen: boolean, actor: string, choose: (id: string) => void): HTMLLIElement {
  const mine = verdictOf(one, actor);
  const others = one.decisions.filter((d) => d.actor !== actor && d.what in MARKS);
  const marks = [mine ? MARKS[mine] : "", ...others.map((d) => `${MARKS[d.what]}${d.actor}`)].filter(Boolean).join(" ");
  return el("li", {},
    el("button", { type: "button", class: `row ${classOf(one)}${one.is_open ? "" : " done"}`, "data-id": one.id,
      "aria-current": String(isChosen), click: () => choose(one.id) },
    el("b", {}, one.kind === "change" ? one.class : one.label), marks ? el("span", { class: "marks" }, marks) : null,
    el("span", { class: "what" }, ...whole(one.kind === "change" ? one.when : `${one.class}, ${one.when}`)),
    one.is_disputed ? el("span", { class: "differ" }, "readers differ") : null));
}

export function verdictOf(one: Subject, actor: string): string | null {
  return one.decisions.filter((d) => d.actor === actor && d.what in MARKS).at(-1)?.what ?? null;
}

export function classOf(one: Subject): string {
  return { "new structure": "new", appeared: "new", "removed structure": "removed", vanished: "removed",
    "altered structure": "altered", altered: "altered", "ground works": "works", "marked object": "altered", reference: "reference" }[one.class] ?? "control";
}
