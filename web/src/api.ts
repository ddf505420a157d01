/** What the server tells and takes; the schema is at /openapi.json. */

export type Point = [number, number];
export type Mode = "true" | "false" | "change" | "received";
export type Side = "area" | "length" | "width";
export type State = "present" | "absent" | "unclear";

export interface Scene { id: string; taken: string; clear_share: number | null }
export interface Site {
  name: string; question: string | null; actor: string; is_blind: boolean; width: number; height: number;
  gsd_m: number; levels: number; modes: Mode[]; corners: Point[] | null; looks: Scene[];
}
export interface Look { scene: string; state: State | "hidden"; chance: number; by: string }
export interface Decision {
  id: string; subject: string; what: string; actor: string; at: string; why: string | null; label: string | null;
  class: string | null; scene: string | null; state: State | null; dimension: Side | null; claim: string | null;
}
export interface Drawing { scene: string; dimension: Side; actor: string; measured: Measured; is_used: boolean }
export interface Subject {
  id: string; kind: "structure" | "rejected" | "reference" | "change"; label: string; class: string; chance: number;
  when: string; outline: Point[]; area: string | null; by: string; reasons: string[]; looks: Look[];
  decisions: Decision[]; drawings: Drawing[]; is_disputed: boolean; version: string; worth: number | null; why_worth: string;
  is_open: boolean;
}
export interface Asked {
  subject: string; what: string; version: string; why?: string; class?: string; label?: string; chance?: number;
  outline?: Point[]; scene?: string; state?: State; drawn?: Point[]; dimension?: Side; claim?: string;
  part?: "subject" | "object";
}
export interface Decided { decision: Decision; subject: Subject | null }
export interface Finding { layer: string; text: string; evidence: string[] }
export interface Subjects { subjects: Subject[]; left_out: number }
export interface Claim {
  id: string; quote: string; before: string; after: string; publisher: string; verdict: string; why: string; now: string; why_now: string; subject: string;
  object: string | null; has_size: boolean;
}
export interface Link { id: string; claim: string; part: "subject" | "object"; subject: string; actor: string; dimension: Side | null }
export interface Findings { title: string; findings: Finding[]; claims: Claim[]; links: Link[] }
export interface Row { number: number; rule: "refuse" | "warn" | "inform"; element: string; missing: string; remedy: string }
export interface Checklist { version: number; is_refused: boolean; rows: Row[] }
export interface Run {
  what: "run" | "publish"; published: string | null; is_running: boolean; step: string; done: number; total: number; failed: string | null; title: string | null; is_due: boolean | null;
}
export interface Measured {
  value: string; unit: string; method: string; each: number[]; budget: { cause: string; share: number }[]; fitted: string | null;
}

/** The server's own words on what is wrong, and its status. */
export class Refused extends Error {
  constructor(readonly status: number, detail: string) { super(detail); }
}

async function ask<T>(path: string, method = "GET", body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { method, ...(body === undefined ? {} : {
      headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
  } catch {
    throw new Refused(0, "the server does not answer: nothing was kept. Is sitewatch review still running?");
  }
  const told: unknown = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, detailOf(told) ?? `the server answered ${answer.status}`);
  return told as T;
}

function detailOf(told: unknown): string | null {
  const detail = (told as { detail?: unknown } | null)?.detail;
  return typeof detail === "string" ? detail : null;
}

export const api = {
  site: () => ask<Site>("/api/site"),
  subjects: (withAll: boolean) => ask<Subjects>(`/api/subjects${withAll ? "?with_all=true" : ""}`),
  findings: () => ask<Findings>("/api/findings"),
  decide: (asked: Asked) => ask<Decided>("/api/decisions", "POST", asked),
  withdraw: (id: string) => ask<Decided>(`/api/decisions/${encodeURIComponent(id)}`, "DELETE"),
  startRun: () => ask<Run>("/api/run", "POST"),
  run: () => ask<Run>("/api/run"),
  checklist: () => ask<Checklist>("/api/checklist"),
  publish: (no_pixels: boolean) => ask<Run>("/api/publish", "POST", { no_pixels }),
  measure: (scene: string, drawn: Point[][], is_closed: boolean, subject: string | null) =>
    ask<Measured>("/api/measure", "POST", { scene, drawn, is_closed, subject }),
  tile: (mode: Mode, scene: string, z: number, x: number, y: number) => `/api/tiles/${mode}/${scene}/${z}/${x}/${y}.png`,
  strip: (mode: Mode, subject: string) => `/api/strips/${mode}/${subject}.jpg`,
};
