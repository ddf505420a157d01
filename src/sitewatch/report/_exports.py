"""What is published beside the page for other programs."""

from __future__ import annotations

from collections.abc import Mapping

from sitewatch.model import Measurements, Permit, Sheet, Stack, Structures
from sitewatch.report._sheets import csv_of, geojson_of, sheets_of
from sitewatch.report._smart import compose_site_models

__all__ = ["compose_exports"]


def compose_exports(structures: Structures, measurements: Measurements, stack: Stack,
                    permits: Mapping[str, Permit]) -> tuple[tuple[Sheet, ...], dict[str, bytes]]:
    """The sheets, and the files for other programs: GeoJSON of what has outlines, CSV of the rest, SMART site
    models."""
    sheets = sheets_of(structures, measurements, stack, permits)
    files = {f"{sheet.name}.geojson": geojson_of(sheet, structures.site) for sheet in sheets if sheet.outlines
             if sheet.name != "looks"}
    files |= {f"{sheet.name}.csv": csv_of(sheet) for sheet in sheets if sheet.name != "places"}
    return sheets, files | compose_site_models(structures, measurements, stack)
