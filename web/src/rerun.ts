/** What the server computes in the background: a run with what the decisions changed, or the published report. */

import { api, type Checklist, type Row, type Run } from "./api";
import { button, byId, el, tell, whole } from "./dom";

const ASK_MS = 400;

export class Rerun {
  onDone: () => Promise<void> = () => Promise.resolve();
  private readonly start = byId<HTMLButtonElement>("rerun");
  private readonly publishing = byId<HTMLButtonElement>("publish");
  private readonly state = byId("run-state");
  private asked = 0;

  constructor() {
    this.start.addEventListener("click", () => void this.follow(api.startRun));
    this.publishing.addEventListener("click", () => void this.publish());
  }

  /** Whether a run is due: what was decided may have been taken back since. */
  async look(): Promise<void> {
    const asked = this.asked += 1;
    const run = await api.run().catch(() => null);
    if (!run || asked !== this.asked || this.start.disabled) return;
    if (run.is_running) await this.follow(() => Promise.resolve(run));
    else this.tellState(run.is_due === true);
  }

  private tellState(isDue: boolean): void {
    this.state.textContent = isDue ? "Out of date: a run is due" : "Up to date, with every decision";
    this.start.classList.toggle("strong", isDue);
  }

  /** The checklist; what is open is shown, and what stops publication has to be supplied first. */
  async publish(): Promise<void> {
    if (this.publishing.disabled) return;
    this.publishing.disabled = true;
    tell("Reading the checklist…");
    try {
      const list = await api.checklist();
      tell("");
      showChecklist(list, (withoutPixels) => void this.follow(() => api.publish(withoutPixels)));
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), true);
    } finally {
      this.publishing.disabled = false;
    }
  }

  private async follow(begin: () => Promise<Run>): Promise<void> {
    this.start.disabled = this.publishing.disabled = true;
    try {
      let run = await begin();
      while (run.is_running) {
        this.state.textContent = stepOf(run);
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
        run = await api.run();
      }
      tell(run.failed ?? (run.published ? `Published: ${run.published}` : run.title ? `The run is done: ${run.title}` : "The run is done"), run.failed !== null);
      if (!run.failed && !run.published) await this.onDone();
      this.tellState(run.is_due === true);
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), true);
    } finally {
      this.start.disabled = this.publishing.disabled = false;
    }
  }
}

const stepOf = (run: Run): string => `${run.what === "publish" ? "Publishing" : "Running"}: ${run.step}${run.total ? ` (${run.done} of ${run.total})` : ""}`;

function showChecklist(list: Checklist, publish: (withoutPixels: boolean) => void): void {
  const dialog = byId<HTMLDialogElement>("ask");
  const rules = ["refuse", "warn", "inform"];
  const open = list.rows.filter((one) => one.missing).sort((a, b) => rules.indexOf(a.rule) - rules.indexOf(b.rule));
  const without = el("input", { type: "checkbox", id: "no-pixels" });
  const go = button(`Publish version ${list.version || 1}`, null, () => { dialog.close(); publish(without.checked); }, { class: "strong", disabled: list.is_refused });
  dialog.replaceChildren(el("form", { method: "dialog" },
    el("h2", { id: "ask-title" }, list.is_refused ? "Not yet: what stops publication" : "Publish the report"),
    el("p", { class: "soft" }, `${list.rows.length - open.length} of ${list.rows.length} rows of the checklist hold.`),
    el("ul", { class: "rows", tabindex: "0", "aria-label": "Open rows of the checklist" }, ...open.map(row)),
    el("label", { for: "no-pixels", class: "check" }, without, " Outlines and numbers only, no images"),
    el("p", { class: "answers" }, go, button("Close", "Esc", () => dialog.close()))));
  dialog.onkeydown = (event) => event.stopPropagation();
  dialog.onclose = null;
  dialog.showModal();
  (list.is_refused ? dialog.querySelector<HTMLElement>(".rows")! : go).focus();
}

const row = (one: Row): HTMLElement => el("li", { "data-rule": one.rule },
  el("b", {}, one.rule === "refuse" ? "stops it: " : one.rule === "warn" ? "is printed in the report: " : "for you: "),
  ...whole(`(${one.number}) ${one.element}: ${one.missing}. ${one.remedy}`));
