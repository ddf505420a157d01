"""Tables for people: no box, no colour, one line per thing; text from a case is cleaned first."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sitewatch.cli._output import shown
from sitewatch.model import (
    Changes,
    Decision,
    Findings,
    Measurements,
    Row,
    SceneFit,
    Scenes,
    Sensor,
    Stack,
    Standing,
    Structure,
    Waiting,
    day,
)

if TYPE_CHECKING:
    from sitewatch.case import ReportFolder, Verified
    from sitewatch.scenes import Plan, Planned
    from sitewatch.sources.archives import Archive
    from sitewatch.sources.simulated import World

__all__ = [
    "changes_table",
    "checks_table",
    "decisions_table",
    "findings_text",
    "measurements_table",
    "plan_table",
    "queue_table",
    "report_text",
    "rows_table",
    "scenes_table",
    "sources_table",
    "stack_table",
    "structures_table",
    "table_text",
    "worlds_table",
]

_WIDE = 200  # off a terminal nothing wraps: one line per thing can be searched and compared


def structures_table(structures: Iterable[Structure], measurements: Measurements) -> str:
    """Structure, class, when, area with its interval."""
    rows = [(s.label, s.class_, f"{s.chance:.2f}", _when(s), _area_text(s.id, measurements)) for s in structures]
    if not rows:
        return "no structure that appeared, vanished or was altered was found"
    levels = sorted({m.value.level_text for m in measurements if m.value})
    area = f"area ({', '.join(levels)} interval)" if levels else "area"
    return table_text(("structure", "class", "chance", "when", area), rows)


def changes_table(changes: Changes) -> str:
    """The kept changes, and how many were rejected."""
    rows = [(c.id, c.kind, f"{c.chance:.2f}", str(c.between)) for c in changes.kept]
    rejected = len(changes.records) - len(changes.kept)
    head = table_text(("change", "kind", "chance", "when"), rows) if rows else "no change was kept"
    return f"{head}\n\n{rejected} candidate(s) rejected; their reasons stand in results/changes.geojson"


def measurements_table(measurements: Measurements) -> str:
    """Each number with its interval, or why it cannot be given."""
    rows = [(m.subject, m.what, m.reference or "", str(m.value) if m.value else f"cannot tell: {m.why_not}")
            for m in measurements]
    return table_text(("structure", "what", "compared with", "value"), rows) if rows else "nothing was measured"


def scenes_table(scenes: Scenes, stack: Stack | None) -> str:
    """Every scene: when, whether used, how much of the site it shows, or why it was refused."""
    fits = {fit.scene: fit for fit in stack.fits} if stack else {}
    rows = [(scene.id, day(scene.taken), scene.source, *_fit_cells(fits.get(scene.id))) for scene in scenes.scenes]
    rows += [(refusal.what, "", "", "no", "", refusal.why) for refusal in scenes.refusals]
    return table_text(("scene", "taken", "source", "used", "clear", "why not"), rows)


def plan_table(plan: Plan, dry_run: bool) -> str:
    """Every scene that was found: what of the site it hides, what it weighs, whether it is fetched or why not."""
    rows = [_planned(row) for row in plan.rows]
    rows += [(refusal.what, day(refusal.taken) if refusal.taken else "", refusal.source or "", "", "", "", "", "no",
              refusal.why) for refusal in plan.scenes.refusals]
    why = "no pass: no archive has a scene of it" if plan.is_complete else "not known: see what was not searched"
    rows += [(month, "", "", "", "", "", "", "no", why) for month in plan.without]
    columns = ("scene", "taken", "source", "site hidden", "scene cloudy", "MB", "cost", "fetch" if dry_run else "held",
               "why not")
    held = sum(row.is_kept for row in plan.rows)
    told = (f"{len(plan.to_fetch)} scenes to fetch, about {_megabytes(plan.bytes)} MB, {_costs(plan)}; {held} held; "
            if dry_run else f"{held} scenes held; ")
    return f"{table_text(columns, rows)}\n\n{told}{_megabytes(plan.received)} MB received"


def _planned(row: Planned) -> tuple[str, ...]:
    note = "" if row.scene.licence else "no licence is stated: nothing of it may be published"
    cloudy = "" if row.scene.cloud_cover is None else f"{row.scene.cloud_cover:.0f}%"
    return (row.scene.id, day(row.scene.taken), row.scene.source, _share(row.weight.hidden), cloudy,
            _megabytes(row.weight.bytes), "" if row.is_kept else _cost(row.weight.cost),
            "held" if row.is_kept else "no" if row.why_not else "yes", row.why_not or note)


def _cost(amount: float | None) -> str:
    return "not known" if amount is None else f"{amount:.3g}" if amount else "free"


def _costs(plan: Plan) -> str:
    """What all of it costs, unit by unit, and by which word it is agreed to."""
    if not plan.to_pay:
        return "free of charge"
    told = [f"{f'{cost:.3g}' if cost is not None else 'an amount not known'} {unit}".strip()
            for unit, cost in plan.costs.items()]
    return f"of which {len(plan.to_pay)} cost {' and '.join(told)} (--order {plan.code} agrees to it)"


def _megabytes(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.1f}"


def stack_table(stack: Stack) -> str:
    """The grid, each used scene's place on it, and how the counts became units."""
    grid = stack.site.grid
    crs = "no georeference" if grid.crs is None else str(grid.crs)
    rows = [(fit.scene, _number(fit.shift_x_px), _number(fit.shift_y_px), _number(fit.shift_sigma_px),
             fit.placement or "", _share(fit.site_clear_share), _share(fit.snow_share)) for fit in stack.used]
    table = table_text(("scene", "right px", "down px", "sigma px", "placed by", "clear", "snow"), rows)
    return (f"{grid.width} x {grid.height} pixels of {stack.site.gsd_m:g} m, {crs}; {len(stack.used)} of "
            f"{len(stack.fits)} scenes used\n\n{table}{_scalings(stack)}")


def _scalings(stack: Stack) -> str:
    """How counts became units, and in how many scenes; nothing where an older case has not kept it."""
    counts = Counter(fit.scaling for fit in stack.used if fit.scaling)
    rows = [(str(count), text) for text, count in counts.most_common()]
    return f"\n\n{table_text(('scenes', 'how counts became units'), rows)}" if rows else ""


def findings_text(findings: Findings, standing: Sequence[Standing] = ()) -> str:
    """The title, then one sentence per line with its layer and, where people have reviewed any, who; then what has
    changed since."""
    told = {one.finding: one.told for one in standing if not one.is_stale}
    columns = ("", "layer", "sentence", "reviewed") if standing else ("", "layer", "sentence")
    rows = [(f.id, f.layer, f.text, told.get(f.id, "not yet"))[:len(columns)] for f in findings]
    stale = [(one.frozen.text, one.told) for one in standing if one.is_stale]
    parts = [shown(findings.title), table_text(columns, rows) if rows else "",
             table_text(("reviewed, but no longer what the records say", "why"), stale) if stale else ""]
    return "\n\n".join(part for part in parts if part)


def report_text(made: ReportFolder) -> str:
    """The report's title and place."""
    return f"{shown(made.title)}\nreport: {shown(made.path)}"


def checks_table(checks: Sequence[Verified]) -> str:
    """What was checked and whether it holds."""
    words = {True: "yes", False: "NO", None: "not checked"}
    return table_text(("holds", "what", "detail"), [(words[c.holds], c.what, c.detail) for c in checks])


def rows_table(rows: Sequence[Row]) -> str:
    """The open rows of the checklist, those that stop publication first."""
    order = ("refuse", "warn", "inform")
    found = sorted((row for row in rows if row.is_open), key=lambda row: (order.index(row.rule), row.number))
    stops = sum(row.rule == "refuse" for row in found)
    head = f"{stops} of {len(rows)} rows stop publication" if stops else \
        f"nothing stops publication; {len(found)} of {len(rows)} rows are open"
    cells = [(row.rule, str(row.number), row.element, row.missing, row.remedy) for row in found]
    return f"{head}\n\n{table_text(('rule', 'row', 'what', 'missing', 'how to supply it'), cells)}" if found else head


def decisions_table(decisions: Iterable[Decision]) -> str:
    """Who decided what on which thing, and why."""
    rows = [(d.subject, f"{d.state} in {d.scene}" if d.state else d.what, d.actor, day(d.at), d.why or "", d.id)
            for d in decisions]
    columns = ("about", "decided", "by", "on", "why", "id")
    return table_text(columns, rows) if rows else "nobody has decided anything yet"


def queue_table(queue: Iterable[Waiting]) -> str:
    """What waits for a decision of this person, in order; what they decided already is left out."""
    rows = [(one.subject, f"{one.worth:.2f}", one.why) for one in queue if one.is_open]
    return table_text(("about", "worth", "why"), rows) if rows else "everything is decided"


def worlds_table(worlds: Iterable[World]) -> str:
    """Name, size, sensors and what happens there."""
    rows = [(world.name, f"{world.size_m[0]:g} x {world.size_m[1]:g} m",
             ", ".join(sorted({series.sensor for series in world.series})), world.about) for world in worlds]
    return table_text(("world", "size", "sensors", "about"), rows)


def sources_table(sources: Iterable[tuple[str, str]], archives: Iterable[Archive], sensors: Iterable[Sensor]) -> str:
    """The installed sources, the archives that are known by name, and the known sensors."""
    named = [(archive.name, archive.title, ", ".join(archive.sensors), archive.credential) for archive in archives]
    known = [(sensor.id, sensor.title, f"{sensor.gsd_m:g} m" if sensor.gsd_m else "give --gsd")
             for sensor in sensors]
    return "\n\n".join((table_text(("source", "what it is"), sources),
                        table_text(("archive", "what it is", "sensors", "credential from"), named),
                        table_text(("sensor", "what it is", "pixel"), known)))


def _when(structure: Structure) -> str:
    verb = {"altered structure": "altered", "reference": "known, seen"}.get(structure.class_, "first seen")
    return f"{'gone' if structure.went else verb} {structure.happened}"


def _area_text(subject: str, measurements: Measurements) -> str:
    measured = measurements.of(subject, "area")
    if measured is None:
        return "not measured"
    return measured.value.interval_text if measured.value else "cannot tell"


def _fit_cells(fit: SceneFit | None) -> tuple[str, str, str]:
    if fit is None:
        return "", "", ""
    return "yes" if fit.used else "no", _share(fit.site_clear_share), fit.why_not or ""


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"


def table_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Aligned columns; wraps at the terminal's width, never elsewhere."""
    console = Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, highlight=False)
    table = Table(box=None, pad_edge=False, header_style="")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
