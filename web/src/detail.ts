/** Everything about the chosen thing, and what can be decided on it. */

import type { Claim, Drawing, Findings, Scene, Subject } from "./api";
import { claimsOf } from "./claims";
import { button, byId, day, el, whole } from "./dom";
import { drawingsOf } from "./measure";
import { classOf } from "./queue";

export interface Acts {
  accept: () => void; reject: () => void; unsure: () => void; relabel: () => void; outline: () => void;
  join: () => void; split: () => void; undo: () => void; takeBack: (id: string) => void; use: (one: Drawing) => void; link: (claim: Claim) => void;
}

export interface Shown { one: Subject; said: Findings; subjects: Subject[]; looks: Scene[]; actor: string; hasUndo: boolean }

export function drawDetail({ one, said, subjects, looks, actor, hasUndo }: Shown, acts: Acts): void {
  const isThing = one.kind === "structure" || one.kind === "rejected";
  const about = said.findings.filter((finding) => finding.evidence.includes(one.id));
  byId("detail").replaceChildren(...[
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
        isThing && button("Join", "g", acts.join), isThing && button("Split", "v", acts.split),
        button("Undo", "z", acts.undo, { disabled: !hasUndo })),
    ...drawingsOf(one, looks, actor, acts.use),
    part("Decided", one.decisions.map((d) => [...whole(`${wordOf(d)} by ${d.actor} on ${day(d.at)}${d.why ? `: ${d.why}` : ""}${d.label ? ` → ${d.label}` : ""}${d.class ? ` → ${d.class}` : ""} `),
      ...(d.actor === actor ? [button("Take back", null, () => acts.takeBack(d.id), { class: "small", "aria-label": `Take back: ${wordOf(d)}` })] : [])])),
    part("Why this class", one.reasons.map(whole)),
    part("Sentences that rest on it", about.map((finding) => whole(finding.text))),
    claimsOf(said, subjects, one, acts.link),
  ].filter((made): made is HTMLElement => made instanceof Node));
}

function wordOf(one: Subject["decisions"][number]): string {
  if (one.what === "look") return `${one.state} in ${one.scene}`;
  return one.what === "measure" || one.what === "use" ? `${one.what} ${one.dimension}` : one.what === "link" ? `link with ${one.claim}` : one.what;
}

const fact = (name: string, value: string): Node[] => [el("dt", {}, name), el("dd", {}, ...whole(value))];

function part(title: string, lines: (Node | string)[][]): HTMLElement | string {
  return lines.length ? el("section", {}, el("h3", {}, title), el("ul", {}, ...lines.map((line) => el("li", {}, ...line)))) : "";
}
