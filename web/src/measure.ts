/** Measuring by hand: a length or a footprint on the look that is shown, each with its interval, and how they scatter. */

import { Refused, api, type Measured, type Point, type Subject } from "./api";
import { button, byId, el, tell, whole } from "./dom";
import type { Pencil } from "./draw";

export class Measuring {
  private readonly into = byId("measuring");

  constructor(private readonly pencil: Pencil, private readonly scene: () => string, private readonly chosen: () => Subject | null,
    private readonly showOne: () => void) {
    this.into.replaceChildren(button("Length", "m", () => this.start("LineString")), button("Footprint", "b", () => this.start("Polygon")));
  }

  start(kind: "LineString" | "Polygon"): void {
    this.showOne();
    tell(kind === "LineString" ? "Click both ends of the length. Draw it again to see how your hand scatters; Esc leaves." :
      "Click the corners of the footprint, twice at the last one. Draw it again to see how your hand scatters; Esc leaves.");
    const drawn: Point[][] = [];
    this.pencil.trace(kind, (points) => { drawn.push(points); void this.measured(drawn, kind === "Polygon"); });
  }

  stop(): void {
    document.getElementById("measured")?.remove();
  }

  private async measured(drawn: Point[][], isClosed: boolean): Promise<void> {
    try {
      this.show(await api.measure(this.scene(), drawn, isClosed, this.chosen()?.id ?? null), drawn.length);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message, true);
    }
  }

  private show(told: Measured, times: number): void {
    this.stop();
    byId("detail").prepend(el("section", { id: "measured" }, el("h3", {}, times > 1 ? `Measured by hand, ${times} times` : "Measured by hand"),
      el("p", { class: "value" }, whole(told.value)), el("p", { class: "soft" }, told.method),
      el("ul", {}, ...told.budget.map((term) => el("li", {}, `${Math.round(100 * term.share)} % ${term.cause}`))),
      told.fitted ? el("p", {}, told.fitted) : null));
    tell(`Measured: ${told.value}`);
  }
}
