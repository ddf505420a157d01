/** Two maps of one view, one over the other or side by side: the swipe only moves a clipping edge, and another look is
 *  drawn below the outlines without drawing those again, so that both are as fast as the browser can draw.
 *  Coordinates are pixels of the site's grid, y upwards, so that the top left corner is (0, 0). */

import Feature, { type FeatureLike } from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { ScaleLine } from "ol/control";
import { Polygon } from "ol/geom";
import { defaults as interactions } from "ol/interaction/defaults";
import VectorLayer from "ol/layer/Vector";
import { Projection } from "ol/proj";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style, Text } from "ol/style";
import type { Mode, Point, Site, Subject } from "./api";
import { byId, day } from "./dom";
import { Picture } from "./picture";
import { Tiles } from "./tiles";

export type Compare = "swipe" | "flicker" | "side" | "single";
const FLICKER_MS = 800;
const NEIGHBOURS = 2;   // looks on either side that are fetched before they are asked for

export class Panes {
  readonly outlines = new VectorSource();
  readonly chosen = new VectorSource();
  readonly drawn = new VectorSource();
  readonly view: View;
  readonly before: Pane;
  readonly after: Pane;
  private readonly frame = byId("panes");
  private readonly handle = byId("handle");
  private readonly tiles = new Tiles((path) => this.arrived(path));
  private at = 50;
  private flicker = 0;

  private reach = 0;
  private tellDrawn: () => void = () => undefined;
  readonly areDrawn = new Promise<void>((resolve) => { this.tellDrawn = resolve; });

  constructor(private readonly site: Site, choose: (id: string) => void) {
    const extent = [0, -site.height, site.width, 0];
    const projection = new Projection({ code: "site", units: "pixels", extent, metersPerUnit: site.gsd_m });
    this.view = new View({ projection, extent, showFullExtent: true, constrainOnlyCenter: true, smoothExtentConstraint: false,
      maxResolution: 4 * Math.max(site.width / 400, site.height / 400), minResolution: 1 / 24 });
    this.before = new Pane(byId("before"), site, this, this.tiles, false);
    this.after = new Pane(byId("after"), site, this, this.tiles, true);
    for (const pane of [this.before, this.after]) {
      pane.map.on("singleclick", (event) => {
        const hit = pane.map.forEachFeatureAtPixel(event.pixel, (feature) => feature.getId(), { hitTolerance: 6 });
        if (typeof hit === "string") choose(hit);
      });
      pane.map.on("pointermove", (event) => this.tellWhere(event.coordinate as Point));
    }
    this.frame.classList.toggle("has-north", site.corners !== null);   // a plain picture may lie any way round
    this.view.fit(extent, { padding: [20, 20, 20, 20] });
    this.swipes();
  }

  /** Draws the outlines of what can be decided on. */
  draw(subjects: Subject[]): void {
    this.outlines.clear();
    this.outlines.addFeatures(subjects.map(featureOf));
  }

  /** Another record in the place of one that is drawn already, or beside them. */
  redraw(subject: Subject): void {
    const old = this.outlines.getFeatureById(subject.id);
    if (old) this.outlines.removeFeature(old);
    this.outlines.addFeature(featureOf(subject));
  }

  choose(subject: Subject): void {
    this.chosen.clear();
    this.chosen.addFeature(featureOf(subject));
  }

  /** The looks next to those that are shown will be wanted. */
  fetchNear(): void {
    this.reach = Math.max(this.reach, NEIGHBOURS);
    this.want();
  }

  /** All looks will be wanted: whoever drags the slider sees each at once. */
  fetchAll(): void {
    this.reach = this.site.looks.length;
    this.want();
  }

  /** What is shown is fetched first, then what lies next to it. */
  want(): void {
    const [after, before] = [this.after.picture, this.before.picture];
    const paths = after.isDrawn && before.isDrawn ? [] : [after.overview(), before.overview(), ...after.paths(0), ...before.paths(0)];
    if (after.isDrawn && before.isDrawn) for (let by = 1; by <= this.reach; by += 1) for (const one of [after, before]) paths.push(...one.paths(by), ...one.paths(-by));
    this.tiles.want(paths);
  }

  private arrived(path: string): void {
    for (const { picture } of [this.after, this.before]) if (picture.waitsFor(path)) picture.draw();
    if (!this.after.picture.isDrawn || !this.before.picture.isDrawn) return;
    this.tellDrawn();
    this.want();
  }

  compare(mode: Compare): void {
    this.frame.dataset.mode = mode;
    window.clearInterval(this.flicker);
    this.frame.classList.remove("is-off");
    if (mode === "flicker") this.flicker = window.setInterval(() => this.frame.classList.toggle("is-off"), FLICKER_MS);
    this.swipeTo(this.at);
    this.before.map.updateSize();
    this.after.map.updateSize();
  }

  fit(subject: Subject): void {
    const shape = new Polygon([subject.outline.map(([x, y]) => [x, -y])]);
    this.view.fit(shape, { padding: [90, 90, 90, 90], minResolution: 1 / 10 });
  }

  swipeTo(percent: number): void {
    this.at = Math.min(100, Math.max(0, percent));
    this.frame.style.setProperty("--at", `${this.at}%`);
    this.handle.setAttribute("aria-valuenow", String(Math.round(this.at)));
  }

  private swipes(): void {
    this.handle.addEventListener("pointerdown", (event) => {
      this.handle.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    this.handle.addEventListener("pointermove", (event) => {
      if (!this.handle.hasPointerCapture(event.pointerId)) return;
      const box = this.frame.getBoundingClientRect();
      this.swipeTo((100 * (event.clientX - box.left)) / box.width);
    });
    this.handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -2, ArrowRight: 2, Home: -100, End: 100 }[event.key];
      if (step === undefined) return;
      this.swipeTo(this.at + step);
      event.preventDefault();
      event.stopPropagation();
    });
    this.swipeTo(50);
  }

  private tellWhere([x, y]: Point): void {
    const px = `column ${x.toFixed(1)}, row ${(-y).toFixed(1)}`;
    const corners = this.site.corners;
    if (!corners) { byId("where").textContent = px; return; }
    const [u, v] = [x / this.site.width, -y / this.site.height];
    const mixed = [0, 1].map((i) => (1 - v) * ((1 - u) * corners[0]![i]! + u * corners[1]![i]!) + v * ((1 - u) * corners[3]![i]! + u * corners[2]![i]!));
    byId("where").textContent = `${mixed[1]!.toFixed(5)}, ${mixed[0]!.toFixed(5)} · ${px}`;
  }
}

/** One map that shows one look at a time below the outlines. */
export class Pane {
  readonly map: OlMap;
  readonly picture: Picture;
  private readonly date: Element | null;

  constructor(target: HTMLElement, private readonly site: Site, panes: Panes, tiles: Tiles, withScale: boolean) {
    const pen = new Style({ stroke: new Stroke({ color: "#ffd60a", width: 2.5 }), fill: new Fill({ color: "rgba(255,214,10,.12)" }) });
    this.map = new OlMap({
      target, view: panes.view, interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, keyboard: false }),
      controls: withScale ? [new ScaleLine({ units: "metric", minWidth: 90 })] : [],
      layers: [new VectorLayer({ source: panes.outlines, style: styleOf(false), zIndex: 10, updateWhileInteracting: true }),
        new VectorLayer({ source: panes.chosen, style: styleOf(true), zIndex: 11, updateWhileInteracting: true }),
        new VectorLayer({ source: panes.drawn, style: pen, zIndex: 12, updateWhileInteracting: true })],
    });
    this.picture = new Picture(target, site, tiles, () => panes.want());
    this.map.on("precompose", ({ frameState }) => { if (frameState) this.picture.lay(frameState); });
    this.date = target.querySelector(".date");
  }

  show(index: number, mode: Mode): void {
    const scene = this.site.looks[index];
    if (!scene) return;
    this.picture.show(index, mode);
    if (this.date) this.date.textContent = day(scene.taken);
  }
}

function featureOf(subject: Subject): Feature {
  const feature = new Feature({ geometry: new Polygon([subject.outline.map(([x, y]) => [x, -y])]), subject });
  feature.setId(subject.id);
  return feature;
}

/** Mere changes are drawn once they are chosen; the chosen one is drawn strongest. */
function styleOf(isChosen: boolean): (feature: FeatureLike) => Style | undefined {
  const made = new WeakMap<Subject, Style>();
  return (feature) => {
    const subject = feature.get("subject") as Subject;
    if (subject.kind === "change" && !isChosen) return undefined;
    const style = made.get(subject) ?? styled(subject, isChosen);
    made.set(subject, style);
    return style;
  };
}

function styled(subject: Subject, isChosen: boolean): Style {
  const colour = colourOf(subject.class);
  return new Style({
    stroke: new Stroke({ color: colour, width: isChosen ? 3 : 1.8, ...(subject.kind === "rejected" || subject.kind === "change" ? { lineDash: [7, 5] } : {}) }),
    fill: new Fill({ color: "rgba(255,255,255,0)" }),
    ...(subject.kind === "change" ? {} : { text: new Text({ text: subject.label, font: "700 13px Helvetica, Arial, sans-serif",
      overflow: true, offsetY: -2, textBaseline: "bottom", fill: new Fill({ color: colour }), stroke: new Stroke({ color: "#fff", width: 3.5 }) }) }),
  });
}

const COLOURS = new Map<string, string>();

/** Read from the style sheet once: asking for it makes the browser lay the page out. */
export function colourOf(kind: string): string {
  const name = { "new structure": "new", appeared: "new", "removed structure": "removed", vanished: "removed",
    "altered structure": "altered", altered: "altered", "ground works": "works", "marked object": "altered", reference: "reference" }[kind] ?? "control";
  const colour = COLOURS.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  COLOURS.set(name, colour);
  return colour;
}
