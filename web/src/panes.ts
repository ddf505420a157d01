/** Two maps of one view, one over the other or side by side: the swipe only moves a clipping edge, so it is as fast as
 *  the browser can draw. Coordinates are pixels of the site's grid, y upwards, so that the top left corner is (0, 0). */

import Feature from "ol/Feature";
import OlMap from "ol/Map";
import View from "ol/View";
import { ScaleLine } from "ol/control";
import { Polygon } from "ol/geom";
import { defaults as interactions } from "ol/interaction/defaults";
import TileLayer from "ol/layer/Tile";
import VectorLayer from "ol/layer/Vector";
import { Projection } from "ol/proj";
import TileImage from "ol/source/TileImage";
import VectorSource from "ol/source/Vector";
import { Fill, Stroke, Style, Text } from "ol/style";
import TileGrid from "ol/tilegrid/TileGrid";
import { api, type Mode, type Point, type Site, type Subject } from "./api";
import { byId, day } from "./dom";

export type Compare = "swipe" | "flicker" | "side" | "single";
const FLICKER_MS = 800;

export class Panes {
  readonly outlines = new VectorSource();
  readonly drawn = new VectorSource();
  readonly view: View;
  readonly before: Pane;
  readonly after: Pane;
  private readonly frame = byId("panes");
  private readonly handle = byId("handle");
  private readonly styles = new WeakMap<Subject, Style>();
  private readonly chosenStyles = new WeakMap<Subject, Style>();
  private at = 50;
  private flicker = 0;

  constructor(private readonly site: Site, private readonly isChosen: (id: string) => boolean, choose: (id: string) => void) {
    const extent = [0, -site.height, site.width, 0];
    const projection = new Projection({ code: "site", units: "pixels", extent, metersPerUnit: site.gsd_m });
    this.view = new View({ projection, extent, showFullExtent: true, constrainOnlyCenter: true, smoothExtentConstraint: false,
      maxResolution: 4 * Math.max(site.width / 400, site.height / 400), minResolution: 1 / 24 });
    this.before = new Pane(byId("before"), site, this, projection, false);
    this.after = new Pane(byId("after"), site, this, projection, true);
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

  /** Draws the outlines of what can be decided on; the chosen one is drawn strongest. */
  draw(subjects: Subject[]): void {
    this.outlines.clear();
    this.outlines.addFeatures(subjects.map((subject) => {
      const feature = new Feature({ geometry: new Polygon([subject.outline.map(([x, y]) => [x, -y])]), subject });
      feature.setId(subject.id);
      return feature;
    }));
  }

  restyle(): void {
    this.outlines.changed();
  }

  style(subject: Subject): Style | undefined {
    const isChosen = this.isChosen(subject.id);
    if (subject.kind === "change" && !isChosen) return undefined;
    const styles = isChosen ? this.chosenStyles : this.styles;
    const made = styles.get(subject) ?? this.styled(subject, isChosen);
    styles.set(subject, made);
    return made;
  }

  private styled(subject: Subject, isChosen: boolean): Style {
    const colour = colourOf(subject.class);
    return new Style({
      zIndex: isChosen ? 2 : 1,
      stroke: new Stroke({ color: colour, width: isChosen ? 3 : 1.8, ...(subject.kind === "rejected" || subject.kind === "change" ? { lineDash: [7, 5] } : {}) }),
      fill: new Fill({ color: "rgba(255,255,255,0)" }),
      ...(subject.kind === "change" ? {} : { text: new Text({ text: subject.label, font: "700 13px Helvetica, Arial, sans-serif",
        overflow: true, offsetY: -2, textBaseline: "bottom", fill: new Fill({ color: colour }), stroke: new Stroke({ color: "#fff", width: 3.5 }) }) }),
    });
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

/** One map that shows one look at a time; looks that were shown stay drawn, so that going back costs nothing. */
export class Pane {
  readonly map: OlMap;
  private readonly looks = new Map<string, TileLayer<TileImage>>();
  private shown: TileLayer<TileImage> | null = null;

  constructor(private readonly target: HTMLElement, private readonly site: Site, panes: Panes,
    private readonly projection: Projection, withScale: boolean) {
    const style = (feature: unknown): Style | undefined => panes.style((feature as Feature).get("subject") as Subject);
    const pen = new Style({ stroke: new Stroke({ color: "#ffd60a", width: 2.5 }), fill: new Fill({ color: "rgba(255,214,10,.12)" }) });
    this.map = new OlMap({
      target, view: panes.view, interactions: interactions({ altShiftDragRotate: false, pinchRotate: false, keyboard: false }),
      controls: withScale ? [new ScaleLine({ units: "metric", minWidth: 90 })] : [],
      layers: [new VectorLayer({ source: panes.outlines, style, zIndex: 10, updateWhileInteracting: true }),
        new VectorLayer({ source: panes.drawn, style: pen, zIndex: 11, updateWhileInteracting: true })],
    });
  }

  show(index: number, mode: Mode): void {
    const scene = this.site.looks[index];
    if (!scene) return;
    const key = `${mode}/${scene.id}`;
    let layer = this.looks.get(key);
    if (!layer) {
      layer = new TileLayer({ source: this.source(mode, scene.id), zIndex: 0, preload: Infinity });
      this.looks.set(key, layer);
      this.map.addLayer(layer);
    }
    // The look before stays under the new one until that has its tiles: no white flash in between.
    const old = this.shown;
    layer.setZIndex(1);
    layer.setVisible(true);
    if (old && old !== layer) {
      old.setZIndex(0);
      this.map.once("rendercomplete", () => { if (this.shown !== old) old.setVisible(false); });
    }
    this.shown = layer;
    this.map.once("rendercomplete", () => { if (this.shown === layer) this.target.dataset.drawn = key; });
    const date = this.target.querySelector(".date");
    if (date) date.textContent = day(scene.taken);
  }

  private source(mode: Mode, scene: string): TileImage {
    const { width, height, levels } = this.site;
    const resolutions = Array.from({ length: levels }, (_, z) => 2 ** (levels - 1 - z));
    return new TileImage({
      projection: this.projection, transition: 0, interpolate: true,
      tileGrid: new TileGrid({ origin: [0, 0], resolutions, tileSize: 256, extent: [0, -height, width, 0] }),
      tileUrlFunction: ([z, x, y]) => api.tile(mode, scene, z!, x!, y!),
    });
  }
}

export function colourOf(kind: string): string {
  const style = getComputedStyle(document.documentElement);
  const name = { "new structure": "new", appeared: "new", "removed structure": "removed", vanished: "removed",
    "altered structure": "altered", altered: "altered", "ground works": "works", "marked object": "altered", reference: "reference" }[kind] ?? "control";
  return style.getPropertyValue(`--${name}`).trim();
}
