/** One look at a time, on a canvas of its own below the map's outlines, which then need not be drawn again. */

import type { FrameState } from "ol/Map";
import { api, type Mode, type Site } from "./api";
import type { Tiles } from "./tiles";

const TILE_PX = 256;

interface Cell { z: number; x: number; y: number }

export class Picture {
  private readonly canvas = document.createElement("canvas");
  private readonly ink = this.canvas.getContext("2d", { alpha: false })!;
  private frame: FrameState | null = null;
  private index = 0;
  private mode: Mode = "true";
  private drawn: { index: number; mode: Mode } | null = null;
  private asked = 0;

  constructor(private readonly target: HTMLElement, private readonly site: Site, private readonly tiles: Tiles, private readonly want: () => void) {
    this.canvas.className = "picture";
    target.prepend(this.canvas);
  }

  /** Whether the look that is shown is drawn to its end. */
  get isDrawn(): boolean {
    return this.drawn?.index === this.index && this.drawn.mode === this.mode;
  }

  show(index: number, mode: Mode): void {
    if (index === this.index && mode === this.mode && this.asked) return;
    [this.index, this.mode] = [index, mode];
    this.drawSoon();
  }

  /** As the map is laid now; in the same frame as its outlines. */
  lay(frame: FrameState): void {
    const { center, resolution } = frame.viewState;
    const was = this.frame?.viewState;
    const isSame = was && was.resolution === resolution && was.center[0] === center[0] && was.center[1] === center[1] && this.frame!.size.join() === frame.size.join();
    this.frame = frame;
    if (isSame) return;
    this.draw();
    this.want();
  }

  waitsFor(path: string): boolean {
    return !this.isDrawn && (path === this.overview() || this.paths(0).includes(path));
  }

  /** The whole site in one tile: something to see at once. */
  overview(): string {
    return api.tile(this.mode, this.site.looks[this.index]!.id, 0, 0, 0);
  }

  /** The tiles of the view, of the look that is shown or of one so many looks later. */
  paths(later: number): string[] {
    const scene = this.site.looks[this.index + later];
    return scene ? this.cells().map(({ z, x, y }) => api.tile(this.mode, scene.id, z, x, y)) : [];
  }

  /** Until all its tiles are there, the look before stays where they are lacking: no white flash in between. */
  draw(): void {
    const frame = this.frame;
    if (!frame) return;
    const [width, height] = frame.size.map((side) => Math.round(side * frame.pixelRatio)) as [number, number];
    if (this.canvas.width !== width || this.canvas.height !== height) [this.canvas.width, this.canvas.height] = [width, height];
    const cells = this.cells();
    const there = this.tilesOf(this.index, this.mode, cells);
    const isWhole = there.length === cells.length;
    this.ink.fillStyle = "#e4e6e8";
    this.ink.fillRect(0, 0, width, height);
    if (!isWhole && this.drawn) this.lays(this.tilesOf(this.drawn.index, this.drawn.mode, cells), frame);
    if (!isWhole) this.lays(this.tilesOf(this.index, this.mode, [{ z: 0, x: 0, y: 0 }]), frame);
    this.lays(there, frame);
    if (!isWhole) return;
    this.drawn = { index: this.index, mode: this.mode };
    this.target.dataset.drawn = `${this.mode}/${this.site.looks[this.index]!.id}`;
  }

  private drawSoon(): void {
    window.cancelAnimationFrame(this.asked);
    this.asked = window.requestAnimationFrame(() => { this.draw(); this.want(); });
  }

  private tilesOf(index: number, mode: Mode, cells: Cell[]): [Cell, ImageBitmap][] {
    const scene = this.site.looks[index]!.id;
    return cells.flatMap((cell): [Cell, ImageBitmap][] => {
      const tile = this.tiles.get(api.tile(mode, scene, cell.z, cell.x, cell.y));
      return tile ? [[cell, tile]] : [];
    });
  }

  private lays(tiles: [Cell, ImageBitmap][], { viewState: { center, resolution }, size, pixelRatio }: FrameState): void {
    const left = (column: number): number => Math.round(pixelRatio * (size[0]! / 2 + (column - center[0]!) / resolution));
    const top = (row: number): number => Math.round(pixelRatio * (size[1]! / 2 + (row + center[1]!) / resolution));
    for (const [{ z, x, y }, tile] of tiles) {
      const side = TILE_PX * this.stepOf(z);
      const [x0, y0] = [left(x * side), top(y * side)];
      this.ink.drawImage(tile, x0, y0, left((x + 1) * side) - x0, top((y + 1) * side) - y0);
    }
  }

  /** The tiles that cover the view, at the level whose pixels come nearest to those of the screen. */
  private cells(): Cell[] {
    if (!this.frame) return [];
    const { viewState: { center, resolution }, size, pixelRatio } = this.frame;
    const { width, height, levels } = this.site;
    const z = Math.min(levels - 1, Math.max(0, levels - 1 - Math.round(Math.log2(resolution / pixelRatio))));
    const side = TILE_PX * this.stepOf(z);
    const range = (middle: number, shown: number, whole: number): [number, number] => [
      Math.max(0, Math.floor((middle - shown / 2) / side)), Math.min(Math.ceil(whole / side) - 1, Math.floor((middle + shown / 2) / side))];
    const [x0, x1] = range(center[0]!, size[0]! * resolution, width);
    const [y0, y1] = range(-center[1]!, size[1]! * resolution, height);
    const cells: Cell[] = [];
    for (let y = y0; y <= y1; y += 1) for (let x = x0; x <= x1; x += 1) cells.push({ z, x, y });
    return cells;
  }

  private stepOf(z: number): number {
    return 2 ** (this.site.levels - 1 - z);
  }
}
