/** Everything about the chosen thing, and what can be decided on it. */

import type { Findings, Subject } from "./api";
import { button, byId, day, el, whole } from "./dom";
import { classOf } from "./queue";

export interface Acts {
  accept: () => void; reject: () => void; unsure: () => void; relabel: () => void; outline: () => void;
  join: () => void; undo: () => void;
}

export function drawDetail(one: Subject, said: Findings, acts: Acts, hasUndo: boolean): void {
  const isThing = one.kind === "structure" || one.kind === "rejected";
  const about = said.findings.filter((finding) => finding.evidence.includes(one.id));
  byId("detail").replaceChildren(
    el("h2", {}, el("span", { class: `class ${classOf(one)}` }, one.kind === "change" ? `change: ${one.class}` : one.class), one.kind === "change" ? "" : one.label),
    el("dl", {},
      ...fact(one.kind === "change" ? "ground changed" : "happened", one.when),
      ...fact(one.kind === "change" ? "chance of a change" : "chance", one.chance.toFixed(2)),
      ...(one.area ? fact("footprint", one.area) : []),
      ...(one.by !== "tool" ? fact("decided by", one.by) : []),
      ...(one.why_worth ? fact("in the queue", one.why_worth) : [])),
    one.kind === "reference" ? el("p", { class: "soft" }, "A reference is named in case.yaml. Its looks can be corrected.") :
      el("div", { class: "acts" },
        button(one.kind === "change" ? "It is a structure" : "Accept", "a", acts.accept, { class: "strong" }),
        button("Reject", "r", acts.reject), button("Not sure", "u", acts.unsure),
        isThing && button("Relabel", "l", acts.relabel), isThing && button("Outline", "o", acts.outline),
        isThing && button("Join with next", "g", acts.join),
        button("Undo", "z", acts.undo, { disabled: !hasUndo })),
    part("Decided", one.decisions.map((d) => `${wordOf(d.what, d.state, d.scene)} by ${d.actor} on ${day(d.at)}${d.why ? `: ${d.why}` : ""}${d.label ? ` → ${d.label}` : ""}${d.class ? ` → ${d.class}` : ""}`)),
    part("Why this class", one.reasons),
    part("Sentences that rest on it", about.map((finding) => finding.text)),
    part("What others say, as of the last run", said.claims.map((claim) => `${claim.verdict}: “${claim.quote}” (${claim.publisher}). ${claim.why}`)));
}

function wordOf(what: string, state: string | null, scene: string | null): string {
  return what === "look" ? `${state} in ${scene}` : what;
}

const fact = (name: string, value: string): Node[] => [el("dt", {}, name), el("dd", {}, whole(value))];

function part(title: string, lines: string[]): HTMLElement | string {
  return lines.length ? el("section", {}, el("h3", {}, title), el("ul", {}, ...lines.map((line) => el("li", {}, whole(line))))) : "";
}
