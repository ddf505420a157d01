"""The place under watch: its area, its names and its one pinned pixel grid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from odc.geo.geobox import GeoBox
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

__all__ = ["Mark", "Name", "NamedOutline", "Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One name of a place in one language, with the romanisation system if it is one."""

    text: str
    language: str = "en"
    romanisation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedOutline:
    """A known thing on the ground; the outline is in the coordinates of the site's grid."""

    id: str
    outline: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A small thing that a person has seen and wants followed, such as a crane: the outline is in the coordinates of
    the site's grid; ``seen`` is a day on which it was there, where the person says one."""

    id: str
    outline: Polygon
    seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A named place with its area and the pixel grid on which every image of it is laid.

    ``grid`` is pinned once: UTM metres, or, where the images carry no georeference (``grid.crs`` is
    None), metres in the picture's own frame, x to the right, y upwards from the top left corner.
    ``area`` is in EPSG:4326, or in the grid's own frame where there is no georeference.
    ``references`` are known structures to compare with, ``controls`` patches that must not change;
    ``marks`` small things to follow; their outlines are in the coordinates of the grid.
    """

    slug: str
    names: tuple[Name, ...]
    area: BaseGeometry
    grid: GeoBox
    part_of: str | None = None
    question: str | None = None
    references: tuple[NamedOutline, ...] = ()
    controls: tuple[NamedOutline, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def name(self) -> str:
        """The name to print first."""
        return self.names[0].text if self.names else self.slug

    @property
    def is_georeferenced(self) -> bool:
        """Whether the grid lies on the Earth or only in a picture."""
        return self.grid.crs is not None

    @property
    def gsd_m(self) -> float:
        """Pixel size of the grid in metres."""
        return float(abs(self.grid.affine.a))
