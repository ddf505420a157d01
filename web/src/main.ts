/** The review page: what is shown, what is chosen, and what each key does. */

import "ol/ol.css";
import "./style.css";
import { Refused, api, type Asked, type Findings, type Mode, type Point, type Site, type State, type Subject } from "./api";
import { ask, showKeys } from "./ask";
import { drawDetail } from "./detail";
import { byId, choice, tell } from "./dom";
import { Pencil } from "./draw";
import { Measuring } from "./measure";
import { Panes, type Compare } from "./panes";
import { drawQueue, markChosen } from "./queue";
import { Rerun } from "./rerun";
import { drawStrip, drawWords, markChip } from "./strip";

const REASONS: [string, string][] = ["season or snow", "a shadow", "cloud or haze", "vehicles or stored goods", "works on the ground only", "misalignment of the looks"].map((text) => [text, text]);
const CHANCES: [string, string][] = [["0.7", "likely (0.70)"], ["0.9", "very likely (0.90)"], ["0.97", "almost certain (0.97)"]];
const CLASSES: [string, string][] = ["new structure", "removed structure", "altered structure", "ground works"].map((text) => [text, text]);
const KEYS: [string, string][] = [
  ["j k", "next, previous in the queue"], ["a", "accept"], ["r", "reject, with a reason"], ["u", "not sure"], ["l", "relabel"],
  ["o", "edit the outline: arrows move, + − size, , . turn, Enter keeps"], ["g", "join with the next in the queue"], ["z", "undo the last decision"],
  ["← →", "earlier, later look"], ["Shift ← →", "the same for the look before"], ["p n x", "in this look: present, absent, unclear"],
  ["1 2 3 4", "swipe, flicker, side by side, one look"], ["t f c", "true colour, false colour, strength of change"],
  ["s", "the swipe's handle, then arrows"], ["m", "measure a length"], ["b", "measure a footprint"], ["0", "the whole site"], ["Esc", "leave what you are doing"],
];

class Page {
  private readonly panes: Panes;
  private readonly pencil: Pencil;
  private readonly measuring: Measuring;
  private readonly setCompare: (mode: Compare) => void;
  private readonly setColours: (mode: Mode) => void;
  private chosen: Subject | null = null;
  private mode: Mode = "true";
  private before = 0;
  private after = 0;
  private withAll = false;
  private readonly undone: string[] = [];

  constructor(private readonly site: Site, private subjects: Subject[], private leftOut: number, private said: Findings, private readonly rerun: Rerun) {
    byId("name").textContent = site.name;
    byId("question").textContent = site.question ?? "";
    document.title = `${site.name} · review`;
    this.panes = new Panes(site, (id) => this.chosen?.id === id, (id) => this.choose(id));
    this.pencil = new Pencil(this.panes);
    this.measuring = new Measuring(this.pencil, () => this.site.looks[this.after]!.id, () => this.chosen, () => this.compare("single"));
    this.setCompare = choice<Compare>(byId("compare"), [["swipe", "Swipe", "1"], ["flicker", "Flicker", "2"], ["side", "Beside", "3"], ["single", "One look", "4"]], (mode) => this.compare(mode));
    const colours: [Mode, string, string][] = [["true", "True", "t"], ["false", "Infrared", "f"], ["change", "Change", "c"]];
    this.setColours = choice<Mode>(byId("colours"), colours.filter(([mode]) => site.modes.includes(mode)), (mode) => this.colour(mode));
    for (const [id, set] of [["before-look", (i: number) => this.show(i, this.after)], ["after-look", (i: number) => this.show(this.before, i)]] as const) {
      const input = byId<HTMLInputElement>(id);
      input.max = String(site.looks.length - 1);
      input.addEventListener("input", () => set(Number(input.value)));
    }
    byId("help-open").addEventListener("click", () => showKeys(KEYS));
    rerun.onDone = () => void this.reload();
    document.addEventListener("keydown", (event) => this.key(event));
    this.panes.draw(subjects);
    this.compare("swipe");
    this.show(0, site.looks.length - 1);
    this.colour("true");
    this.list();
    const first = subjects[0];
    if (first) this.choose(first.id);
  }

  private list(): void {
    drawQueue(this.subjects, this.chosen?.id ?? null, this.site.actor, this.leftOut, {
      choose: (id) => this.choose(id), showAll: () => { this.withAll = !this.withAll; void this.reload(); },
    });
  }

  private choose(id: string): void {
    const found = this.subjects.find((one) => one.id === id);
    if (!found) return;
    this.pencil.stop();
    this.chosen = found;
    markChosen(id);
    this.panes.restyle();
    this.panes.fit(found);
    this.show(...this.around(found));
    drawStrip(found, this.site.looks, this.mode, (index) => this.show(this.before, index));
    markChip(this.after, this.before);
    this.detail();
  }

  /** The last clear look before it happened and the first after, as its bracket has them. */
  private around(one: Subject): [number, number] {
    const days = one.when.match(/\d{4}-\d\d-\d\d/g) ?? [];
    const at = (wanted: string | undefined, otherwise: number): number => {
      const found = this.site.looks.findIndex((look) => look.taken.slice(0, 10) === wanted);
      return found < 0 ? otherwise : found;
    };
    if (one.kind === "reference" || !days.length) return [0, this.site.looks.length - 1];
    if (days.length === 1) return one.when.startsWith("by") ? [Math.max(0, at(days[0], 1) - 1), at(days[0], 1)] : [at(days[0], 0), this.site.looks.length - 1];
    return [at(days[0], 0), at(days[1], this.site.looks.length - 1)];
  }

  private detail(): void {
    if (!this.chosen) return;
    drawDetail(this.chosen, this.said, {
      accept: () => void this.accept(), reject: () => void this.reject(), unsure: () => void this.unsure(), relabel: () => void this.relabel(),
      outline: () => this.outline(), join: () => void this.join(), undo: () => void this.undo(),
    }, this.undone.length > 0);
    drawWords(this.chosen, this.site.looks[this.after]!, (state) => void this.word(state));
  }

  private compare(mode: Compare): void {
    this.setCompare(mode);
    this.panes.compare(mode);
  }

  private colour(mode: Mode): void {
    if (!this.site.modes.includes(mode)) return;
    this.mode = mode;
    this.setColours(mode);
    this.show(this.before, this.after);
    if (this.chosen) { drawStrip(this.chosen, this.site.looks, mode, (index) => this.show(this.before, index)); markChip(this.after, this.before); }
  }

  private show(before: number, after: number): void {
    const last = this.site.looks.length - 1;
    this.before = Math.min(last, Math.max(0, before));
    this.after = Math.min(last, Math.max(0, after));
    this.panes.before.show(this.before, this.mode);
    this.panes.after.show(this.after, this.mode);
    byId<HTMLInputElement>("before-look").value = String(this.before);
    byId<HTMLInputElement>("after-look").value = String(this.after);
    markChip(this.after, this.before);
    if (this.chosen) drawWords(this.chosen, this.site.looks[this.after]!, (state) => void this.word(state));
  }

  // -- deciding

  private async decide(what: string, given: Partial<Asked> = {}, moves = false, on = this.chosen): Promise<boolean> {
    if (!on) return false;
    try {
      const kept = await api.decide({ subject: on.id, what, version: on.version, ...given });
      this.undone.push(kept.decision.id);
      this.replace(kept.subject);
      this.rerun.isStale(true);
      tell(`Kept: ${what}${given.state ? ` ${given.state}` : ""}, ${kept.subject.kind === "change" ? kept.subject.id : kept.subject.label}${given.why ? ` (${given.why})` : ""}`);
      if (moves) this.step(1);
      return true;
    } catch (error) {
      await this.failed(error);
      return false;
    }
  }

  private async failed(error: unknown): Promise<void> {
    tell(error instanceof Error ? error.message : String(error), true);
    if (error instanceof Refused && error.status === 409) await this.reload();
  }

  private replace(told: Subject): void {
    const at = this.subjects.findIndex((one) => one.id === told.id);
    if (at >= 0) this.subjects[at] = told;
    if (this.chosen?.id === told.id) this.chosen = told;
    this.list();
    this.panes.draw(this.subjects);
    if (this.chosen) drawStrip(this.chosen, this.site.looks, this.mode, (index) => this.show(this.before, index));
    markChip(this.after, this.before);
    this.detail();
  }

  private async accept(): Promise<void> {
    if (!this.chosen || this.chosen.kind === "reference") return;
    if (this.chosen.kind !== "change") { await this.decide("accept", {}, true); return; }
    const answer = await ask({ title: "How likely is it a structure?", options: CHANCES });
    if (answer) await this.decide("accept", { chance: Number(answer.option) }, true);
  }

  private async reject(): Promise<void> {
    if (!this.chosen || this.chosen.kind === "reference") return;
    const answer = await ask({ title: "Why is it no structure?", options: REASONS, text: { label: "Another reason", required: true } });
    if (answer) await this.decide("reject", { why: answer.text || answer.option }, true);
  }

  private async unsure(): Promise<void> {
    if (!this.chosen || this.chosen.kind === "reference") return;
    const answer = await ask({ title: "What cannot be told?", text: { label: "In your words, or nothing" } });
    if (answer) await this.decide("not sure", answer.text ? { why: answer.text } : {}, true);
  }

  private async relabel(): Promise<void> {
    if (this.chosen?.kind !== "structure" && this.chosen?.kind !== "rejected") return;
    const answer = await ask({ title: "What is it?", options: CLASSES, text: { label: "Or: its name", value: this.chosen.label } });
    if (answer?.option) await this.decide("relabel", { class: answer.option });
    else if (answer?.text && answer.text !== this.chosen.label) await this.decide("relabel", { label: answer.text });
  }

  private outline(): void {
    const on = this.chosen;
    if (on?.kind !== "structure" && on?.kind !== "rejected") return;
    tell("Edit the outline: drag its corners, or arrows move, + − size, , . turn it. Enter keeps it, Esc leaves it.");
    this.pencil.edit(on.outline, (points) => void this.decide("outline", { outline: points }, false, on));
  }

  /** Two things that are one: this outline is drawn around both, and the other is rejected as a part of it. */
  private async join(): Promise<void> {
    const on = this.chosen;
    if (on?.kind !== "structure") return;
    const others = this.subjects.filter((one) => one.kind === "structure" && one.id !== on.id);
    const answer = others.length ? await ask({ title: `Which one is a part of ${on.label}?`, options: others.slice(0, 9).map((one) => [one.id, one.label]) }) : null;
    const other = others.find((one) => one.id === answer?.option);
    if (!other) { tell("There is no other structure to join with.", !others.length); return; }
    const ring = hull([...on.outline, ...other.outline]);
    if (await this.decide("outline", { outline: ring, why: `drawn around ${other.label} too` }, false, on)) {
      await this.decide("reject", { why: `a part of ${on.label}` }, false, other);
    }
  }

  private async word(state: State): Promise<void> {
    const scene = this.site.looks[this.after]!.id;
    if (this.chosen?.looks.some((look) => look.scene === scene)) await this.decide("look", { scene, state });
  }

  private async undo(): Promise<void> {
    const id = this.undone.pop();
    if (!id) { tell("There is nothing to undo."); return; }
    try {
      const taken = await api.withdraw(id);
      this.replace(taken.subject);
      this.choose(taken.subject.id);
      tell(`Undone: ${taken.decision.what}`);
    } catch (error) {
      await this.failed(error);
    }
  }

  private step(by: number): void {
    const next = this.subjects[this.subjects.findIndex((one) => one.id === this.chosen?.id) + by];
    if (next) this.choose(next.id);
  }

  private async reload(): Promise<void> {
    const [told, said] = await Promise.all([api.subjects(this.withAll), api.findings().catch(() => null)]);
    this.subjects = told.subjects;
    this.leftOut = told.left_out;
    if (said) this.said = said;
    this.rerun.isStale(told.is_stale);
    this.panes.draw(this.subjects);
    this.list();
    this.choose((this.subjects.find((one) => one.id === this.chosen?.id) ?? this.subjects[0])?.id ?? "");
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input[type=text]")) return;
    if (event.key === "Escape") { this.pencil.stop(); this.measuring.stop(); return; }
    const isSlider = target.matches("input[type=range], [role=slider]");
    if (this.pencil.key(event.key) || (!isSlider || !event.key.startsWith("Arrow") ? this.act(event.key, event.shiftKey) : false)) event.preventDefault();
  }

  private act(key: string, withShift: boolean): boolean {
    const acts: Record<string, () => unknown> = {
      j: () => this.step(1), k: () => this.step(-1), a: () => this.accept(), r: () => this.reject(), u: () => this.unsure(), l: () => this.relabel(),
      o: () => this.outline(), g: () => this.join(), z: () => this.undo(), p: () => this.word("present"), n: () => this.word("absent"), x: () => this.word("unclear"),
      1: () => this.compare("swipe"), 2: () => this.compare("flicker"), 3: () => this.compare("side"), 4: () => this.compare("single"),
      t: () => this.colour("true"), f: () => this.colour("false"), c: () => this.colour("change"), s: () => byId("handle").focus(),
      m: () => this.measuring.start("LineString"), b: () => this.measuring.start("Polygon"), "?": () => showKeys(KEYS),
      0: () => this.panes.view.fit([0, -this.site.height, this.site.width, 0], { padding: [20, 20, 20, 20] }),
      ArrowRight: () => (withShift ? this.show(this.before + 1, this.after) : this.show(this.before, this.after + 1)),
      ArrowLeft: () => (withShift ? this.show(this.before - 1, this.after) : this.show(this.before, this.after - 1)),
    };
    const act = acts[key];
    act?.();
    return act !== undefined;
  }
}

/** The convex hull of points (Andrew's monotone chain). */
function hull(points: Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (from: Point[]): Point[] => {
    const chain: Point[] = [];
    for (const p of from) {
      while (chain.length > 1) {
        const [a, b] = [chain.at(-2)!, chain.at(-1)!];
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

async function start(): Promise<void> {
  try {
    const [site, told, said] = await Promise.all([api.site(), api.subjects(false), api.findings().catch((): Findings => ({ title: "", findings: [], claims: [] }))]);
    const rerun = new Rerun();
    rerun.isStale(told.is_stale);
    new Page(site, told.subjects, told.left_out, said, rerun);
    document.body.dataset.ready = "true";
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), true);
  }
}

void start();
