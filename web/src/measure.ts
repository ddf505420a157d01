/** Measuring by hand: a length, a width or a footprint on the look that is shown. Each drawing is kept with its thing. */

import { Refused, api, type Drawing, type Measured, type Point, type Scene, type Side, type Subject } from "./api";
import { button, byId, day, el, tell, whole } from "./dom";
import type { Pencil } from "./draw";

const WORDS: Record<Side, string> = { area: "footprint", length: "length", width: "width" };

export class Measuring {
  constructor(private readonly pencil: Pencil, private readonly scene: () => Scene, private readonly chosen: () => Subject | null,
    private readonly showOne: () => void, private readonly keep: (dimension: Side, scene: string, drawn: Point[]) => Promise<boolean>) {
    byId("measuring").replaceChildren(button("Length", "m", () => this.start("length")), button("Width", "w", () => this.start("width")),
      button("Footprint", "b", () => this.start("area")));
  }

  start(dimension: Side): void {
    this.showOne();
    tell(`${dimension === "area" ? "Click the corners of the footprint, twice at the last one" : `Click both ends of the ${dimension}`}. Draw it again to see how your hand scatters; Esc leaves.`);
    const drawn: Point[][] = [];
    this.pencil.trace(dimension === "area" ? "Polygon" : "LineString", (points) => { drawn.push(points); void this.measured(dimension, drawn); });
  }

  private async measured(dimension: Side, drawn: Point[][]): Promise<void> {
    const on = this.chosen();
    const scene = this.scene().id;
    if (on && on.kind !== "change") { await this.keep(dimension, scene, drawn.at(-1)!); return; }
    try {
      const told = await api.measure(scene, drawn, dimension === "area", null);
      tell(`Measured, and not kept, as it is of no structure: ${told.value}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tell(error.message, true);
    }
  }
}

/** What people drew of a thing, each size on each look. */
export function drawingsOf(subject: Subject, looks: Scene[], actor: string, use: (one: Drawing) => void): HTMLElement[] {
  const taken = new Map(looks.map((look) => [look.id, day(look.taken)]));
  return subject.drawings.map((one) => el("section", { class: "measured" },
    el("h3", {}, ...whole(`${WORDS[one.dimension]} by hand on ${taken.get(one.scene) ?? one.scene}, by ${one.actor}`)),
    el("p", { class: "value" }, ...whole(one.measured.value)), ...told(one.measured),
    one.is_used ? el("p", {}, "Stands in the report from the next run on.") :
      one.actor === actor ? button("Use in the report", "i", () => use(one)) : null));
}

function told(measured: Measured): HTMLElement[] {
  const times = measured.each.length;
  return [
    el("p", { class: "soft" }, ...whole(times > 1 ? `drawn ${times} times: ${measured.each.map((size) => size.toPrecision(4)).join(", ")} ${measured.unit}` : "drawn once: draw it again to see how your hand scatters")),
    el("ul", {}, ...measured.budget.map((term) => el("li", {}, ...whole(`${Math.round(100 * term.share)} % ${term.cause}`)))),
    ...(measured.fitted ? [el("p", {}, ...whole(measured.fitted))] : []),
  ];
}
