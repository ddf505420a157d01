/** The list of what can be decided on, what settles most first. */

import type { Subject } from "./api";
import { byId, el, whole } from "./dom";

const MARKS: Record<string, string> = { accept: "✓", reject: "✗", "not sure": "?" };
const AT_ONCE = 60;   // rows that are made before the first view; the others follow when the browser has time

/** What the tool set aside is listed on demand only: it is much, and seldom worth a decision. */
const isSetAside = (one: Subject): boolean => one.kind === "change" && one.reasons.length > 0 && !one.decisions.length;

export class Queue {
  private readonly list = byId("queue-list");
  private readonly rows = new Map<string, HTMLLIElement>();
  private subjects: Subject[] = [];
  private later = 0;
  private chosen = "";

  constructor(private readonly actor: string, private readonly acts: { choose: (id: string) => void; showAll: () => void }) {}

  draw(subjects: Subject[], leftOut: number): void {
    window.clearTimeout(this.later);
    this.subjects = subjects;
    this.rows.clear();
    this.list.replaceChildren();
    this.addRows(AT_ONCE);
    this.later = window.setTimeout(() => this.addRows(Infinity), 0);
    this.count();
    const aside = subjects.filter(isSetAside).length + leftOut;
    byId("queue-all").replaceChildren(aside ? el("button", { type: "button", "aria-pressed": String(!leftOut), click: this.acts.showAll },
      `${leftOut ? "Show" : "Hide"} ${aside} that the tool set aside`) : "");
  }

  /** One row anew, at the end where there was none. */
  redraw(one: Subject): void {
    this.addRows(Infinity);
    const made = this.row(one);
    const old = this.rows.get(one.id);
    if (old) old.replaceWith(made);
    else this.list.append(made);
    this.rows.set(one.id, made);
    this.count();
  }

  /** Marks the chosen row without drawing the list again. */
  mark(id: string): void {
    this.button(this.chosen)?.setAttribute("aria-current", "false");
    this.chosen = id;
    if (!this.rows.has(id)) this.addRows(Infinity);
    this.button(id)?.setAttribute("aria-current", "true");
    this.button(id)?.scrollIntoView({ block: "nearest" });
  }

  private button(id: string): Element | null | undefined {
    return this.rows.get(id)?.firstElementChild;
  }

  private addRows(most: number): void {
    const made = this.subjects.slice(this.rows.size, this.rows.size + most).map((one): [string, HTMLLIElement] => [one.id, this.row(one)]);
    this.list.append(...made.map(([id, row]) => { this.rows.set(id, row); return row; }));
  }

  private count(): void {
    byId("queue-count").textContent = String(this.subjects.filter((one) => one.is_open && one.kind !== "reference" && !isSetAside(one)).length);
  }

  private row(one: Subject): HTMLLIElement {
    const mine = verdictOf(one, this.actor);
    const others = one.decisions.filter((d) => d.actor !== this.actor && d.what in MARKS);
    const marks = [mine ? MARKS[mine] : "", ...others.map((d) => `${MARKS[d.what]}${d.actor}`)].filter(Boolean).join(" ");
    return el("li", {},
      el("button", { type: "button", class: `row ${classOf(one)}${one.is_open ? "" : " done"}`, "data-id": one.id,
        "aria-current": String(one.id === this.chosen), click: () => this.acts.choose(one.id) },
      el("b", {}, one.kind === "change" ? one.class : one.label), marks ? el("span", { class: "marks" }, marks) : null,
      el("span", { class: "what" }, ...whole(one.kind === "change" ? one.when : `${one.class}, ${one.when}`)),
      one.is_disputed ? el("span", { class: "differ" }, "readers differ") : null));
  }
}

export function verdictOf(one: Subject, actor: string): string | null {
  return one.decisions.filter((d) => d.actor === actor && d.what in MARKS).at(-1)?.what ?? null;
}

export function classOf(one: Subject): string {
  return { "new structure": "new", appeared: "new", "removed structure": "removed", vanished: "removed",
    "altered structure": "altered", altered: "altered", "ground works": "works", "marked object": "altered", reference: "reference" }[one.class] ?? "control";
}
