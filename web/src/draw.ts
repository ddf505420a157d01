/** Outlines and measured lines drawn by hand: with the mouse, or an outline moved, turned and sized with the keys. */

import Feature from "ol/Feature";
import { LineString, Polygon } from "ol/geom";
import type { Interaction } from "ol/interaction";
import Draw from "ol/interaction/Draw";
import Modify from "ol/interaction/Modify";
import type { Point } from "./api";
import type { Panes } from "./panes";

const KEYS: Record<string, (shape: Polygon, middle: number[]) => void> = {
  ArrowLeft: (shape) => shape.translate(-0.5, 0), ArrowRight: (shape) => shape.translate(0.5, 0),
  ArrowUp: (shape) => shape.translate(0, 0.5), ArrowDown: (shape) => shape.translate(0, -0.5),
  "+": (shape, middle) => shape.scale(1.03, 1.03, middle), "-": (shape, middle) => shape.scale(1 / 1.03, 1 / 1.03, middle),
  ",": (shape, middle) => shape.rotate(0.03, middle), ".": (shape, middle) => shape.rotate(-0.03, middle),
};

/** What is being drawn, if anything; ``done`` gets the points in pixels of the grid. */
export class Pencil {
  private active: Interaction[] = [];
  private shape: Feature<Polygon> | null = null;
  private finished: ((points: Point[]) => void) | null = null;

  constructor(private readonly panes: Panes) {}

  get isBusy(): boolean {
    return this.finished !== null;
  }

  /** Edit a ring with mouse and keys; Enter keeps it. */
  edit(ring: Point[], done: (points: Point[]) => void): void {
    this.stop();
    this.shape = new Feature(new Polygon([ring.map(([x, y]) => [x, -y])]));
    this.panes.drawn.addFeature(this.shape);
    for (const pane of [this.panes.before, this.panes.after]) this.add(pane.map, new Modify({ source: this.panes.drawn }));
    this.finished = done;
  }

  /** Draw a line or a footprint on the look that is shown. */
  trace(kind: "LineString" | "Polygon", done: (points: Point[]) => void): void {
    this.stop();
    const draw = new Draw({ source: this.panes.drawn, type: kind, ...(kind === "LineString" ? { maxPoints: 2 } : {}), stopClick: true });
    draw.on("drawstart", () => this.panes.drawn.clear());
    draw.on("drawend", (event) => {
      const shape = event.feature.getGeometry();
      const points = shape instanceof LineString ? shape.getCoordinates() : shape instanceof Polygon ? shape.getCoordinates()[0]!.slice(0, -1) : [];
      done(points.map(([x, y]) => [x!, -y!]));
    });
    this.add(this.panes.after.map, draw);
    this.finished = done;
  }

  /** Whether the key was meant for the outline that is being edited. */
  key(key: string): boolean {
    if (!this.shape) return false;
    const shape = this.shape.getGeometry()!;
    if (key === "Enter") {
      const done = this.finished;
      const points = shape.getCoordinates()[0]!.slice(0, -1).map(([x, y]): Point => [x!, -y!]);
      this.stop();
      done?.(points);
      return true;
    }
    const act = KEYS[key];
    act?.(shape, shape.getInteriorPoint().getCoordinates().slice(0, 2));
    return act !== undefined;
  }

  stop(): void {
    for (const one of this.active) one.getMap()?.removeInteraction(one);
    this.active = [];
    this.shape = null;
    this.finished = null;
    this.panes.drawn.clear();
  }

  private add(map: Panes["after"]["map"], one: Interaction): void {
    map.addInteraction(one);
    this.active.push(one);
  }
}
