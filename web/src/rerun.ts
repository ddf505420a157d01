/** Computing anew what the decisions changed, in the background. */

import { api, type Run } from "./api";
import { byId, tell } from "./dom";

const ASK_MS = 400;

export class Rerun {
  onDone: () => void = () => undefined;
  private readonly start = byId<HTMLButtonElement>("rerun");
  private readonly state = byId("run-state");

  constructor() {
    this.start.addEventListener("click", () => void this.begin());
  }

  isStale(isStale: boolean): void {
    this.state.textContent = isStale ? "Out of date: a run is due" : "Up to date, with every decision";
    this.start.classList.toggle("strong", isStale);
  }

  private async begin(): Promise<void> {
    this.start.disabled = true;
    try {
      let run = await api.startRun();
      while (run.is_running) {
        this.state.textContent = stepOf(run);
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
        run = await api.run();
      }
      tell(run.failed ?? `The run is done: ${run.title ?? ""}`, run.failed !== null);
      if (!run.failed) this.onDone();
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), true);
    } finally {
      this.start.disabled = false;
    }
  }
}

const stepOf = (run: Run): string => `Running: ${run.step}${run.total ? ` (${run.done} of ${run.total})` : ""}`;
