/** Decoded tiles, held in memory so that a look that was seen, or is about to be, is drawn at once. */

const MOST_HELD = 800;   // of 256 KiB each
const IN_FLIGHT = 4;     // as many as the server draws at a time

export class Tiles {
  private readonly held = new Map<string, ImageBitmap>();   // the longest unused first
  private readonly underway = new Set<string>();
  private readonly missing = new Set<string>();
  private waiting: string[] = [];

  constructor(private readonly arrived: (path: string) => void) {}

  get(path: string): ImageBitmap | undefined {
    const tile = this.held.get(path);
    if (tile) {
      this.held.delete(path);
      this.held.set(path, tile);
    }
    return tile;
  }

  /** What to fetch next, the most urgent first, in the place of all that was wanted before. */
  want(paths: string[]): void {
    this.waiting = [...new Set(paths)].filter((path) => !this.held.has(path) && !this.missing.has(path)).slice(0, MOST_HELD / 2);
    this.fetchMore();
  }

  private fetchMore(): void {
    while (this.underway.size < IN_FLIGHT && this.waiting.length) {
      const path = this.waiting.shift()!;
      if (!this.underway.has(path)) void this.fetch(path);
    }
  }

  private async fetch(path: string): Promise<void> {
    this.underway.add(path);
    try {
      const answer = await fetch(path);
      if (answer.ok) this.hold(path, await createImageBitmap(await answer.blob()));
      else this.missing.add(path);
    } catch {
      this.waiting = [];   // the server is gone: whoever decides is told so
    }
    this.underway.delete(path);
    if (this.held.has(path)) this.arrived(path);
    this.fetchMore();
  }

  private hold(path: string, tile: ImageBitmap): void {
    this.held.set(path, tile);
    for (const [oldest, picture] of this.held) {
      if (this.held.size <= MOST_HELD) break;
      picture.close();
      this.held.delete(oldest);
    }
  }
}
