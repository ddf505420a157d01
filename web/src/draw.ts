/** Outlines, cuts and measured lines drawn by hand: with the mouse, or moved, turned and sized with the keys. */

import Feature from "ol/Feature";
import { LineString, Polygon } from "ol/geom";
import type { Interaction } from "ol/interaction";
import Draw from "ol/interaction/Draw";
import Modify from "ol/interaction/Modify";
import Translate from "ol/interaction/Translate";
import type { Point } from "./api";
import type { Panes } from "./panes";

type Shape = Polygon | LineString;
const STEP = 0.5;   // pixels of the grid

/** What is being drawn, if anything; ``done`` gets the points in pixels of the grid. */
export class Pencil {
  private active: Interaction[] = [];
  private shape: Feature<Shape> | null = null;
  private angle = 0;
  private finished: ((points: Point[]) => void) | null = null;

  constructor(private readonly panes: Panes) {}

  get isBusy(): boolean {
    return this.finished !== null;
  }

  /** Edit a ring, or a line of two points, with mouse and keys; Enter keeps it. */
  edit(points: Point[], done: (points: Point[]) => void, isLine = false): void {
    this.stop();
    const placed = points.map(([x, y]) => [x, -y]);
    const [first, last] = [placed[0]!, placed.at(-1)!];
    if (!isLine && (first[0] !== last[0] || first[1] !== last[1])) placed.push(first);
    this.shape = new Feature<Shape>(isLine ? new LineString(placed) : new Polygon([placed]));
    this.panes.drawn.addFeature(this.shape);
    this.angle = 0;
    for (const pane of [this.panes.before, this.panes.after]) {
      this.add(pane.map, new Translate({ filter: (feature) => feature === this.shape }));
      this.add(pane.map, new Modify({ source: this.panes.drawn }));
    }
    this.finished = done;
  }

  /** Draw a line or a footprint on the look that is shown. */
  trace(kind: "LineString" | "Polygon", done: (points: Point[]) => void): void {
    this.stop();
    const draw = new Draw({ source: this.panes.drawn, type: kind, ...(kind === "LineString" ? { maxPoints: 2 } : {}), stopClick: true });
    draw.on("drawstart", () => this.panes.drawn.clear());
    draw.on("drawend", (event) => {
      const shape = event.feature.getGeometry();
      if (shape instanceof LineString || shape instanceof Polygon) done(pointsOf(shape));
    });
    this.add(this.panes.after.map, draw);
    this.finished = done;
  }

  /** Whether the key was meant for the shape that is being edited. */
  key(key: string): boolean {
    if (!this.shape) return false;
    const shape = this.shape.getGeometry()!;
    if (key === "Enter") {
      const done = this.finished;
      const points = pointsOf(shape);
      this.stop();
      done?.(points);
      return true;
    }
    const [x0, y0, x1, y1] = shape.getExtent() as [number, number, number, number];
    const middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    const along = (wider: number): void => {   // in the shape's own direction
      shape.rotate(-this.angle, middle);
      shape.scale(wider, 1, middle);
      shape.rotate(this.angle, middle);
    };
    const turn = (by: number): void => { this.angle += by; shape.rotate(by, middle); };
    const acts: Record<string, () => void> = {
      ArrowLeft: () => shape.translate(-STEP, 0), ArrowRight: () => shape.translate(STEP, 0),
      ArrowUp: () => shape.translate(0, STEP), ArrowDown: () => shape.translate(0, -STEP),
      "+": () => shape.scale(1.03, 1.03, middle), "-": () => shape.scale(1 / 1.03, 1 / 1.03, middle),
      "[": () => along(1 / 1.06), "]": () => along(1.06), ",": () => turn(0.03), ".": () => turn(-0.03),
    };
    acts[key]?.();
    return key in acts;
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

function pointsOf(shape: Shape): Point[] {
  const points = shape instanceof LineString ? shape.getCoordinates() : shape.getCoordinates()[0]!.slice(0, -1);
  return points.map(([x, y]): Point => [x!, -y!]);
}
