/** The review page: what is shown, what is chosen, and what each key does. */

import { Refused, api, type Asked, type Claim, type Decided, type Findings, type Mode, type Point, type Site, type State, type Subject, type Subjects } from "./api";
import { ask, showKeys } from "./ask";
import { askLink } from "./claims";
import { drawDetail } from "./detail";
import { button, byId, choice, tell } from "./dom";
import { Pencil } from "./draw";
import { cutOf, hull, meanOf, partOf } from "./geometry";
import { Measuring } from "./measure";
import { Panes, type Compare } from "./panes";
import { Queue } from "./queue";
import { Rerun } from "./rerun";
import { around, drawStrip, drawWords, markChip } from "./strip";
import { CHANCES, CLASSES, KEYS, REASONS } from "./words";

const LONGEST_WAIT_MS = 3000;
const WALK_MS = 200;   // keys that follow each other faster walk through the queue

export class Page {
  private readonly panes: Panes;
  private readonly pencil: Pencil;
  private readonly measuring: Measuring;
  private readonly queue: Queue;
  private readonly rerun = new Rerun();
  private readonly setCompare: (mode: Compare) => void;
  private readonly setColours: (mode: Mode) => void;
  private chosen: Subject | null = null;
  private mode: Mode = "true";
  private before = 0;
  private after = 0;
  private withAll = false;
  private chosenAt = 0;
  private resting = 0;
  private wording = 0;
  private stripped = Promise.resolve();
  private subjects: Subject[];
  private leftOut: number;
  private said: Findings = { title: "", findings: [], claims: [], links: [] };
  private undone: string[][] = [];   // what one key takes back, newest last

  constructor(private readonly site: Site, told: Subjects) {
    [this.subjects, this.leftOut] = [told.subjects, told.left_out];
    byId("name").textContent = site.name;
    byId("question").textContent = site.question ?? "";
    document.title = `${site.name} · review`;
    this.panes = new Panes(site, (id) => this.choose(id));
    this.queue = new Queue(site.actor, { choose: (id) => this.choose(id), showAll: () => { this.withAll = !this.withAll; void this.reload(); } });
    this.pencil = new Pencil(this.panes);
    this.measuring = new Measuring(this.pencil, () => this.site.looks[this.after]!, () => this.chosen, () => this.compare("single"),
      (dimension, scene, drawn) => this.decide("measure", { dimension, scene, drawn }));
    byId("queue-new").replaceChildren(button("Draw what is missing", "d", () => this.draw()));
    this.setCompare = choice<Compare>(byId("compare"), [["swipe", "Swipe", "1"], ["flicker", "Flicker", "2"], ["side", "Beside", "3"], ["single", "One look", "4"]], (mode) => this.compare(mode));
    const colours: [Mode, string, string][] = [["true", "True", "t"], ["false", "Infrared", "f"], ["change", "Change", "c"], ["received", "As received", "e"]];
    this.setColours = choice<Mode>(byId("colours"), colours.filter(([mode]) => site.modes.includes(mode)), (mode) => this.colour(mode));
    for (const [id, set] of [["before-look", (i: number) => this.show(i, this.after)], ["after-look", (i: number) => this.show(this.before, i)]] as const) {
      const input = byId<HTMLInputElement>(id);
      input.max = String(site.looks.length - 1);
      input.addEventListener("input", () => set(Number(input.value)));
      for (const held of ["pointerdown", "focus"]) input.addEventListener(held, () => this.panes.fetchAll());
    }
    byId("help-open").addEventListener("click", () => showKeys(KEYS));
    this.rerun.onDone = () => this.afterRun();
    document.addEventListener("keydown", (event) => this.key(event));
    this.panes.draw(this.subjects);
    this.compare("swipe");
    this.setColours("true");
    this.queue.draw(this.subjects, this.leftOut);
    const first = this.subjects[0];
    if (first) this.choose(first.id);
    else this.show(0, site.looks.length - 1);
    void this.afterFirstView();
  }

  /** What the first view does not need is asked for once that is there. */
  private async afterFirstView(): Promise<void> {
    const pictures = Promise.all([this.panes.areDrawn, this.stripped]);
    await Promise.race([pictures, new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT_MS))]);
    void this.readFindings();
    void this.rerun.look();
    this.panes.fetchNear();
  }

  /** What may be said and what others say; the images do not wait for it. */
  private async readFindings(): Promise<void> {
    const said = await api.findings().catch(() => null);
    if (!said) return;
    this.said = said;
    this.detail();
  }

  private choose(id: string): void {
    const found = this.subjects.find((one) => one.id === id);
    if (!found) return;
    this.pencil.stop();
    this.chosen = found;
    this.queue.mark(id);
    [this.before, this.after] = around(found, this.site.looks);
    this.detail();
    // Whoever walks on is not kept waiting for pictures that nobody looks at.
    const walks = performance.now() - this.chosenAt < WALK_MS;
    this.chosenAt = performance.now();
    window.clearTimeout(this.resting);
    if (walks) this.resting = window.setTimeout(() => this.picture(), WALK_MS);
    else this.picture();
  }

  /** The chosen thing on the images and through time. */
  private picture(): void {
    if (!this.chosen) return;
    this.panes.choose(this.chosen);
    this.panes.fit(this.chosen);
    this.strip();
    this.show(this.before, this.after);
  }

  private strip(): void {
    if (!this.chosen) return;
    this.stripped = drawStrip(this.chosen, this.site.looks, this.mode, (index) => this.show(this.before, index));
    markChip(this.after, this.before);
  }

  private detail(): void {
    if (!this.chosen) return;
    drawDetail({ one: this.chosen, said: this.said, subjects: this.subjects, looks: this.site.looks, actor: this.site.actor, hasUndo: this.undone.length > 0 }, {
      accept: () => void this.accept(), reject: () => void this.reject(), unsure: () => void this.unsure(), relabel: () => void this.relabel(),
      outline: () => this.outline(), join: () => void this.join(), split: () => this.split(), undo: () => void this.undo(),
      takeBack: (id) => void this.takeBack([id]), use: (one) => void this.use(one), link: (claim) => void this.link(claim),
    });
    this.words();
  }

  private words(): void {
    if (this.chosen) drawWords(this.chosen, this.site.looks[this.after]!, (state) => void this.word(state));
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
    this.strip();
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
    window.cancelAnimationFrame(this.wording);
    this.wording = window.requestAnimationFrame(() => this.words());   // once a frame, however fast the slider is dragged
  }

  // -- deciding

  private async decide(what: string, given: Partial<Asked> = {}, moves = false, on = this.chosen): Promise<boolean> {
    if (!on) return false;
    const kept = await this.keep({ subject: on.id, what, version: on.version, ...given });
    if (kept && moves) this.step(1);
    return kept !== null;
  }

  /** Sends a decision; it is on disk when this tells so. */
  private async keep(asked: Asked): Promise<Decided | null> {
    const [kept] = await this.keepAll([asked]);
    if (!kept) return null;
    tell(`Kept: ${asked.what}${asked.state ? ` ${asked.state}` : ""}${asked.dimension ? ` ${asked.dimension}` : ""}, ${kept.subject?.kind === "change" ? kept.subject.id : kept.subject?.label}${asked.why ? ` (${asked.why})` : ""}`);
    return kept;
  }

  /** Sends decisions of which all are kept or none, and which one key takes back; what was kept of them, if anything. */
  private async keepAll(all: Asked[]): Promise<Decided[]> {
    const kept: Decided[] = [];
    try {
      for (const asked of all) kept.push(await api.decide(asked));
    } catch (error) {
      await this.failed(error, kept.map((one) => one.decision.id));
      return [];
    }
    this.undone.push(kept.map((one) => one.decision.id));
    for (const one of kept) if (one.subject) this.replace(one.subject);
    void this.rerun.look();
    return kept;
  }

  /** Tells what went wrong; what belongs to it and was kept before is taken back. */
  private async failed(error: unknown, kept: string[] = []): Promise<void> {
    tell(error instanceof Error ? error.message : String(error), true);
    if (kept.length && !(await this.takeBack(kept, false))) {
      this.undone.push(kept);
      tell("Only a part of it was kept, and could not be taken back: undo it (z) when the server answers again.", true);
    }
    if (error instanceof Refused && error.status === 409) await this.reload();
  }

  private replace(told: Subject): void {
    const at = this.subjects.findIndex((one) => one.id === told.id);
    if (at >= 0) this.subjects[at] = told;
    else this.subjects.push(told);
    this.queue.redraw(told);
    this.panes.redraw(told);
    if (this.chosen?.id === told.id) {
      this.chosen = told;
      this.panes.choose(told);
      this.strip();
    }
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
    const [x, y] = meanOf(on.outline);
    const away = (one: Subject): number => { const [u, v] = meanOf(one.outline); return Math.hypot(u - x, v - y); };
    const others = this.subjects.filter((one) => one.kind === "structure" && one.id !== on.id).sort((a, b) => away(a) - away(b));
    const answer = others.length ? await ask({ title: `Which one is a part of ${on.label}?`, options: others.map((one) => [one.id, one.label]) }) : null;
    const other = others.find((one) => one.id === answer?.option);
    if (!other) { tell("There is no other structure to join with.", !others.length); return; }
    const ring = hull([...on.outline, ...other.outline]);
    const kept = await this.keepAll([
      { subject: on.id, what: "outline", version: on.version, outline: ring, why: `drawn around ${other.label} too` },
      { subject: other.id, what: "reject", version: other.version, why: `a part of ${on.label}` }]);
    if (kept.length) tell(`Kept: ${other.label} is a part of ${on.label}`);
  }

  /** One thing that is two: what lies on one side of a cut becomes a structure of its own. */
  private split(): void {
    const on = this.chosen;
    if (on?.kind !== "structure") return;
    tell("Lay the cut: drag its ends, or arrows move it, , . turn it. Enter keeps it, Esc leaves it.");
    this.pencil.edit(cutOf(on.outline), ([a, b]) => void this.decide("split", { outline: partOf(on.outline, [a!, b!]) }, false, on), true);
  }

  /** A structure that the tool missed: a rectangle to be moved, turned and sized, then what it is and how sure that is. */
  private draw(): void {
    const [x, y] = this.panes.view.getCenter() as Point;
    const [wide, high] = [60 * this.panes.view.getResolution()!, 40 * this.panes.view.getResolution()!];
    tell("Lay the outline: drag it or its corners, or arrows move, + − size, [ ] one side, , . turn it. Enter keeps it, Esc leaves it.");
    this.pencil.edit([[x - wide, -y - high], [x + wide, -y - high], [x + wide, -y + high], [x - wide, -y + high]], (outline) => void this.drawn(outline));
  }

  private async drawn(outline: Point[]): Promise<void> {
    const what = await ask({ title: "What is it?", options: CLASSES });
    const sure = what && await ask({ title: "How likely is it one?", options: CHANCES });
    if (!sure) return;
    const subject = `drawn-${meanOf(outline).map((part) => Math.round(part)).join("-")}`;
    const kept = await this.keep({ subject, what: "draw", version: "", outline, class: what.option, chance: Number(sure.option) });
    if (kept?.subject) this.choose(kept.subject.id);
  }

  /** What this reader drew of one size on one look stands in the report. */
  private async use(one = this.chosen?.drawings.filter((drawing) => drawing.actor === this.site.actor && !drawing.is_used).at(-1)): Promise<void> {
    if (one) await this.decide("use", { dimension: one.dimension, scene: one.scene });
    else tell("There is nothing that you drew and do not use yet.");
  }

  private async link(given?: Claim): Promise<void> {
    const on = this.chosen;
    if (!this.said.title) await this.readFindings();
    if (!on || on.kind === "change" || !this.said.claims.length) { tell("There is no claim, or no structure, to link.", true); return; }
    const link = await askLink(this.said, on, given);
    if (!link || !(await this.decide("link", link, false, on))) return;
    this.said = await api.findings();
    const claim = this.said.claims.find((one) => one.id === link.claim);
    if (claim) tell(`Kept: link with ${on.label}. ${claim.now}: “${claim.quote}”`);
    this.detail();
  }

  private async word(state: State): Promise<void> {
    const scene = this.site.looks[this.after]!.id;
    if (this.chosen?.looks.some((look) => look.scene === scene)) await this.decide("look", { scene, state });
  }

  private async undo(): Promise<void> {
    const ids = this.undone.pop();
    if (ids) await this.takeBack(ids.reverse());
    else tell("There is nothing to undo: what you decided before the page was loaded has a button under “Decided”.");
  }

  private async takeBack(ids: string[], isTold = true): Promise<boolean> {
    try {
      for (const id of ids) {
        const { decision, subject } = await api.withdraw(id);
        this.undone = this.undone.map((one) => one.filter((other) => other !== id)).filter((one) => one.length);
        if (subject) { this.replace(subject); this.choose(subject.id); } else this.forget(decision.subject);
        if (decision.what === "link") { this.said = await api.findings(); this.detail(); }
        if (isTold) tell(`Undone: ${decision.what}`);
      }
      void this.rerun.look();
      return true;
    } catch (error) {
      await this.failed(error);
      return false;
    }
  }

  /** What was drawn and is taken back. */
  private forget(id: string): void {
    this.subjects = this.subjects.filter((one) => one.id !== id);
    this.panes.draw(this.subjects);
    this.queue.draw(this.subjects, this.leftOut);
    if (this.subjects[0]) this.choose(this.subjects[0].id);
  }

  private step(by: number): void {
    const next = this.subjects[this.subjects.findIndex((one) => one.id === this.chosen?.id) + by];
    if (next) this.choose(next.id);
  }

  /** A run may have found new looks: then the page begins anew. */
  private async afterRun(): Promise<void> {
    const site = await api.site();
    if (site.looks.map((look) => look.id).join() === this.site.looks.map((look) => look.id).join()) await this.reload();
    else window.location.reload();
  }

  private async reload(): Promise<void> {
    const [told, said] = await Promise.all([api.subjects(this.withAll), api.findings().catch(() => null)]);
    this.subjects = told.subjects;
    this.leftOut = told.left_out;
    if (said) this.said = said;
    void this.rerun.look();
    this.panes.draw(this.subjects);
    this.queue.draw(this.subjects, this.leftOut);
    this.choose((this.subjects.find((one) => one.id === this.chosen?.id) ?? this.subjects[0])?.id ?? "");
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input[type=text]")) return;
    if (event.key === "Escape") { this.pencil.stop(); return; }
    const isSlider = target.matches("input[type=range], [role=slider]");
    if (this.pencil.key(event.key) || (!isSlider || !event.key.startsWith("Arrow") ? this.act(event.key, event.shiftKey) : false)) event.preventDefault();
  }

  private act(key: string, withShift: boolean): boolean {
    const acts: Record<string, () => unknown> = {
      j: () => this.step(1), k: () => this.step(-1), a: () => this.accept(), r: () => this.reject(), u: () => this.unsure(), l: () => this.relabel(),
      o: () => this.outline(), g: () => this.join(), z: () => this.undo(), p: () => this.word("present"), n: () => this.word("absent"), x: () => this.word("unclear"),
      1: () => this.compare("swipe"), 2: () => this.compare("flicker"), 3: () => this.compare("side"), 4: () => this.compare("single"),
      t: () => this.colour("true"), f: () => this.colour("false"), c: () => this.colour("change"), e: () => this.colour("received"), s: () => byId("handle").focus(),
      m: () => this.measuring.start("length"), w: () => this.measuring.start("width"), b: () => this.measuring.start("area"), i: () => this.use(),
      d: () => this.draw(), v: () => this.split(), q: () => this.link(), P: () => this.rerun.publish(), "?": () => showKeys(KEYS),
      0: () => this.panes.view.fit([0, -this.site.height, this.site.width, 0], { padding: [20, 20, 20, 20] }),
      ArrowRight: () => (withShift ? this.show(this.before + 1, this.after) : this.show(this.before, this.after + 1)),
      ArrowLeft: () => (withShift ? this.show(this.before - 1, this.after) : this.show(this.before, this.after - 1)),
    };
    const act = acts[key];
    act?.();
    return act !== undefined;
  }
}
