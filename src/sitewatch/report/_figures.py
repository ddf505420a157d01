"""The figures: the same ground before and after, and the map of the site, with what is said below each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sitewatch.geo import look_times
from sitewatch.model import Between, Comparability, Permit, Scene, Stack, day
from sitewatch.report._frames import (
    Mark,
    Outline,
    ScaleBar,
    Window,
    marks_in,
    north_deg,
    scale_bar,
    whole,
    window_around,
)
from sitewatch.report._language import gettext
from sitewatch.report._options import ReportOptions
from sitewatch.report._pairs import Pair, latest_clear, pair_of_site, pair_of_structure
from sitewatch.report._pictures import (
    Stretch,
    blank,
    coarsened,
    enlargement,
    paled,
    picture_of,
    stretch_of,
    stretched,
)
from sitewatch.report._scenes import local_day
from sitewatch.report._signs import Sign, outlines_of_site

__all__ = ["Figure", "Pictures", "Shot"]

_TIES_PX = 900    # a map to draw on needs no finer detail
_SMALL_PX = 420   # two of them stand side by side in a column of the page
_BLANK_PX = 240   # an even ground under outlines needs no detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: its file, its size, and the scene that it shows; ``local_day`` where it is another than in UTC."""

    path: str
    width: int
    height: int
    day: str
    scene: Scene
    local_day: str = ""
    permit: Permit | None = None

    @property
    def annotated(self) -> str:
        """The path of the copy with what is drawn over it."""
        return f"{self.path.rpartition('.')[0]}-annotated.svg"

    @property
    def withheld(self) -> str:
        """Why the picture shows only outlines, or not all that there is; empty where it shows everything."""
        return self.permit.why if self.permit and self.permit.allows in ("reduced", "outline") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One or two pictures of one window, with all that is drawn over them.

    ``enlarged`` as a reader is told it, ``why`` these two looks, and how well they compare.
    """

    id: str
    sign: Sign | None
    shots: tuple[Shot, ...]
    window: Window
    marks: tuple[Mark, ...]
    bar: ScaleBar
    north: float | None
    enlarged: str
    why: str = ""
    compare: Comparability | None = None
    bracket: tuple[Shot, ...] = ()

    @property
    def about(self) -> str:
        """What it shows, in a word."""
        return self.sign.name if self.sign else gettext("The whole site")

    @property
    def is_tall(self) -> bool:
        """Whether it would be too high for a screen at the full width of the page."""
        return self.window.height > self.window.width

    @property
    def credits(self) -> tuple[str, ...]:
        """The credit line of each picture's scene, once."""
        return tuple(dict.fromkeys(shot.scene.attribution or gettext("no credit line is recorded")
                                   for shot in self.shots))

    @property
    def licences(self) -> tuple[str, ...]:
        """The licence of each picture's scene, once."""
        return tuple(dict.fromkeys(shot.scene.licence or gettext("not recorded") for shot in self.shots))


@dataclass(slots=True)
class Pictures:
    """Cuts pictures out of one stack, all with one stretch; ``files`` collects them."""

    stack: Stack
    options: ReportOptions
    permits: Mapping[str, Permit] = field(default_factory=dict)
    stretch: Stretch = field(init=False)
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stretch = stretch_of(self.stack, self.options)

    def of_structure(self, sign: Sign, signs: Iterable[Sign], *, large: bool) -> Figure | None:
        """A structure that changed, before and after; None where there are no two looks."""
        structure = sign.structure
        assert structure is not None
        window = window_around(sign.outline, self.stack.site, self.options.context, self.options.smallest_crop_px)
        pair = pair_of_structure(structure, self.stack, window, self.stretch)
        if pair is None:
            return None
        name = f"structure-{sign.sign.lower()}"
        width = self.options.figure_width_px if large else min(_SMALL_PX, self.options.figure_width_px)
        drawn = [s.drawn for s in signs] if large else [sign.drawn]   # small pictures would be all letters
        figure = self._figure(name, window, self._pair(name, window, pair, width), drawn, width)
        bracket = self._bracket(name, window, structure.happened, pair) if large else ()
        return replace(figure, sign=sign, why=pair.why, compare=pair.comparison.word, bracket=bracket)

    def of_site(self, signs: Iterable[Sign]) -> Figure | None:
        """The whole site, early and late: the key figure where nothing changed."""
        window, width = whole(self.stack.site), self.options.figure_width_px
        pair = pair_of_site(self.stack, window, self.stretch)
        if pair is None:
            return None
        shots = self._pair("site", window, pair, width)
        figure = self._figure("site", window, shots, [s.drawn for s in signs], width)
        return replace(figure, why=pair.why, compare=pair.comparison.word)

    def map_of_site(self, signs: Iterable[Sign]) -> Figure | None:
        """The latest clear look at the whole site with every outline."""
        window, width = whole(self.stack.site), self.options.map_width_px
        index = latest_clear(self.stack, window, self.stretch)
        if index is None:
            return None
        outlines = [*(s.drawn for s in signs), *outlines_of_site(self.stack.site)]
        return self._figure("map", window, (self._shot("map", index, window, width),), outlines, width)

    def of_ties(self) -> Figure | None:
        """The latest clear look at the whole site in grey, to draw on."""
        window = whole(self.stack.site)
        index = latest_clear(self.stack, window, self.stretch)
        if index is None:
            return None
        width = min(_TIES_PX, self.options.map_width_px)
        return self._figure("ties", window, (self._shot("ties", index, window, width, is_grey=True),), (), width)

    def _figure(self, name: str, window: Window, shots: tuple[Shot, ...], outlines: Sequence[Outline],
                width: int) -> Figure:
        site = self.stack.site
        return Figure(id=name, sign=None, shots=shots, window=window, marks=marks_in(window, outlines, site),
                      bar=scale_bar(window, site), north=north_deg(window, site),
                      enlarged=self._enlarged(window, width))

    def _enlarged(self, window: Window, width: int) -> str:
        times = enlargement(window, width)
        if times == 1:
            return gettext("not enlarged")
        return (gettext("enlarged %(times)s times (bicubic interpolation)") if self.options.enlarge == "bicubic" else
                gettext("enlarged %(times)s times (each pixel repeated)")) % {"times": times}

    def _pair(self, name: str, window: Window, pair: Pair, width: int) -> tuple[Shot, ...]:
        return (self._shot(f"{name}-before", pair.before, window, width),
                self._shot(f"{name}-after", pair.after, window, width))

    def _bracket(self, name: str, window: Window, when: Between, pair: Pair) -> tuple[Shot, ...]:
        """The two looks that the date rests on, where they are not the ones that are shown large."""
        seconds = [int(taken.timestamp()) for taken in look_times(self.stack)]
        sides = [seconds.index(int(m.timestamp())) for m in (when.after, when.by)
                 if m and int(m.timestamp()) in seconds]
        if len(sides) < 2 or sides == [pair.before, pair.after]:
            return ()
        return tuple(self._shot(f"{name}-{part}", index, window, _SMALL_PX)
                     for part, index in zip(("last-without", "first-with"), sides, strict=True))

    def _shot(self, name: str, index: int, window: Window, width: int, *, is_grey: bool = False) -> Shot:
        scene = self.stack.scenes[str(self.stack.data["scene"].values[index])]
        permit = self.permits.get(scene.id)
        pixels = stretched(self.stack, index, window, self.stretch)
        if permit and permit.allows == "outline":
            pixels, width = blank(window), min(_BLANK_PX, width)
        elif permit and permit.allows == "reduced":
            pixels, width = coarsened(pixels), min(_SMALL_PX, width)
        picture = picture_of(paled(pixels) if is_grey else pixels, enlargement(window, width), self.options.enlarge,
                             width)
        path = f"pictures/{name}.{picture.suffix}"
        self.files[path] = picture.data
        return Shot(path=path, width=picture.width, height=picture.height, day=day(scene.taken), scene=scene,
                    local_day=local_day(scene.taken, self.stack.site), permit=permit)
