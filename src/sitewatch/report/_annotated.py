"""Each large picture once more with what is drawn over it: a file of its own, to be passed on with its credit.

SVG 1.1 with the picture inside it: the lines and letters stay lines and letters, in any script.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from jinja2 import Template
from markupsafe import Markup

from sitewatch.report._drawings import stand_alone
from sitewatch.report._figures import Figure, Shot
from sitewatch.report._page import Page, templates

__all__ = ["annotated"]

_WIDTH_PX = 720.0   # in which letters of the usual size read well, however large the picture is shown
_LINE_PX = 18.0


def annotated(page: Page, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """The annotated copies of the key figure, the other large figures and the map, by their paths."""
    pages = templates()
    pages.filters["alone"] = lambda drawing: Markup(stand_alone(str(drawing).strip(), _WIDTH_PX))
    template = pages.get_template("annotated.svg")
    return {shot.annotated: _copy(template, figure, shot, pictures[shot.path])
            for figure in _figures(page) for shot in figure.shots}


def _figures(page: Page) -> Iterator[Figure]:
    shown = [page.key, page.map, *(story.figure for story in page.stories if story.is_large)]
    yield from {figure.id: figure for figure in shown if figure}.values()


def _copy(template: Template, figure: Figure, shot: Shot, picture: bytes) -> bytes:
    kind = "png" if shot.path.endswith(".png") else "jpeg"
    made = template.render(
        figure=figure, shot=shot, width=_WIDTH_PX, height=round(_WIDTH_PX * shot.height / shot.width, 2), line=_LINE_PX,
        data=f"data:image/{kind};base64,{base64.b64encode(picture).decode()}")
    return made.encode()
