/** Rings of points, in pixels of the grid. */

import type { Point } from "./api";

/** The convex hull of points (Andrew's monotone chain). */
export function hull(points: Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (from: Point[]): Point[] => {
    const chain: Point[] = [];
    for (const p of from) {
      while (chain.length > 1 && side(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** Above zero on one side of the line from a to b, below on the other. */
const side = (a: Point, b: Point, p: Point): number => (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);

/** The part of a ring on one side of a line (Sutherland and Hodgman, for one edge). */
export function partOf(ring: Point[], [a, b]: [Point, Point]): Point[] {
  return ring.flatMap((p, i) => {
    const q = ring[(i + 1) % ring.length]!;
    const [from, to] = [side(a, b, p), side(a, b, q)];
    const kept: Point[] = from >= 0 ? [p] : [];
    if (from * to < 0) {
      const share = from / (from - to);
      kept.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
    }
    return kept;
  });
}

/** A line that cuts a ring across the middle of its longest extent, and reaches beyond it. */
export function cutOf(ring: Point[]): [Point, Point] {
  const middle = meanOf(ring);
  const reach = Math.max(...ring.map((p) => Math.hypot(p[0] - middle[0], p[1] - middle[1])));
  const far = ring.reduce((best, p) => (Math.hypot(p[0] - middle[0], p[1] - middle[1]) > Math.hypot(best[0] - middle[0], best[1] - middle[1]) ? p : best));
  const edges = ring.map((p, i): Point => [ring[(i + 1) % ring.length]![0] - p[0], ring[(i + 1) % ring.length]![1] - p[1]]);
  const longest = edges.reduce((best, edge) => (Math.hypot(...edge) > Math.hypot(...best) ? edge : best), [far[0] - middle[0], far[1] - middle[1]] as Point);
  const unit = Math.hypot(...longest);
  const across: Point = [-longest[1] / unit * 1.2 * reach, longest[0] / unit * 1.2 * reach];
  return [[middle[0] - across[0], middle[1] - across[1]], [middle[0] + across[0], middle[1] + across[1]]];
}

export function meanOf(ring: Point[]): Point {
  return [ring.reduce((sum, p) => sum + p[0], 0) / ring.length, ring.reduce((sum, p) => sum + p[1], 0) / ring.length];
}
