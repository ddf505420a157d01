/** What others say, and which structure each speaks of: linking one changes its verdict at once. */

import type { Claim, Findings, Side, Subject } from "./api";
import { ask } from "./ask";
import { button, el, whole } from "./dom";

const LONGEST = 110;

export interface Linked { claim: string; part: "subject" | "object"; dimension?: Side }

/** The claims, each with its verdict and its links. */
export function claimsOf(said: Findings, subjects: Subject[], chosen: Subject, link: (claim: Claim) => void): HTMLElement | null {
  if (!said.claims.length) return null;
  const names = new Map(subjects.map((one) => [one.id, one.label]));
  const canLink = chosen.kind !== "change";
  return el("section", { id: "claims" }, el("h3", {}, "What others say"), ...said.claims.map((claim) => {
    const links = said.links.filter((one) => one.claim === claim.id);
    return el("div", { class: "claim", "data-claim": claim.id },
      el("p", {}, el("span", { class: `verdict ${claim.now}` }, claim.now), ": ", el("q", {}, ...whole(claim.quote)), ` (${claim.publisher})`),
      claim.before || claim.after ? el("details", {}, el("summary", {}, "The paragraph"),
        el("blockquote", {}, claim.before, el("mark", {}, claim.quote), claim.after)) : null,
      el("p", { class: "soft" }, ...whole(claim.why_now), claim.now === claim.verdict ? "" : `; in the last run: ${claim.verdict}`),
      links.length ? el("ul", {}, ...links.map((one) => el("li", {}, `“${partOf(claim, one.part)}” is ${one.dimension ? `the ${one.dimension} of ` : ""}${names.get(one.subject) ?? one.subject}, says ${one.actor}`))) : null,
      canLink ? button(`Link with ${chosen.label}`, null, () => link(claim)) : null);
  }));
}

/** Which claim, which part of it and which size are meant; null where the reader thought better of it. */
export async function askLink(said: Findings, chosen: Subject, given?: Claim): Promise<Linked | null> {
  let claim = given;
  if (!claim) {
    const answer = await ask({ title: `Which claim speaks of ${chosen.label}?`, options: said.claims.map((one) => [one.id, short(`${one.now}: “${one.quote}”`)]) });
    claim = said.claims.find((one) => one.id === answer?.option);
  }
  if (!claim) return null;
  let part: Linked["part"] = "subject";
  if (claim.object) {
    const answer = await ask({ title: `What is ${chosen.label} in it?`, options: [["subject", `“${claim.subject}”, which it speaks of`], ["object", `“${claim.object}”, which that is compared with`]] });
    if (!answer) return null;
    part = answer.option as Linked["part"];
  }
  if (!claim.has_size || part === "object") return { claim: claim.id, part };
  const answer = await ask({ title: "Which size is meant?", options: [["stated", "as it is stated"], ["area", "the footprint"], ["length", "the length"], ["width", "the width"]] });
  if (!answer) return null;
  return answer.option === "stated" ? { claim: claim.id, part } : { claim: claim.id, part, dimension: answer.option as Side };
}

const partOf = (claim: Claim, part: "subject" | "object"): string => (part === "subject" ? claim.subject : claim.object ?? claim.subject);

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
