"""What each licence allows to publish: one table, each line with the text that says so; unknown means withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sitewatch.model import Document, Licence, Permit, Publication, Scene, Scenes

__all__ = ["LICENCES", "credited", "documents_permitted", "permits_of"]

_BY = "https://creativecommons.org/licenses/"

LICENCES: tuple[Licence, ...] = (
    Licence(id="CC0-1.0", allows="pixels", source="https://creativecommons.org/publicdomain/zero/1.0/"),
    Licence(id="PDDL-1.0", allows="pixels", source="https://opendatacommons.org/licenses/pddl/1-0/"),
    Licence(id="CC-BY-4.0", allows="pixels", source=f"{_BY}by/4.0/"),
    Licence(id="CC-BY-3.0", allows="pixels", source=f"{_BY}by/3.0/"),
    Licence(id="CC-BY-SA-4.0", allows="pixels", source=f"{_BY}by-sa/4.0/"),
    Licence(id="CC-BY-SA-3.0", allows="pixels", source=f"{_BY}by-sa/3.0/"),
    # Licences of software, under which texts are given away too.
    Licence(id="Apache-2.0", allows="pixels", source="https://www.apache.org/licenses/LICENSE-2.0"),
    Licence(id="MIT", allows="pixels", source="https://opensource.org/license/mit"),
    # Free, full and open access; the source and that the data were modified must be stated.
    Licence(id="Copernicus-Sentinel", allows="pixels", source="Delegated Regulation (EU) No 1159/2013"),
    # No restriction; the source should be named.
    Licence(id="USGS-public-domain", allows="pixels",
            source="https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits"),
    # Whether a use is commercial only the publisher can say; an adapted picture may not be shared at all under ND.
    Licence(id="CC-BY-NC-4.0", allows="outline", source=f"{_BY}by-nc/4.0/ (section 1i: not commercial)"),
    Licence(id="CC-BY-NC-SA-4.0", allows="outline", source=f"{_BY}by-nc-sa/4.0/ (section 1k: not commercial)"),
    Licence(id="CC-BY-ND-4.0", allows="outline", source=f"{_BY}by-nd/4.0/ (section 2a1: no adapted material)"),
    Licence(id="proprietary", allows="outline", source="the provider's contract, which sitewatch does not know"),
    Licence(id="other", allows="outline", source="the provider's terms, which sitewatch does not know"),
    Licence(id="various", allows="outline", source="the provider's terms, which sitewatch does not know"),
)


def credited(scenes: Scenes, publication: Publication) -> Scenes:
    """The scenes with the author's licence and credit line where their own metadata name none."""
    return replace(scenes, scenes=tuple(
        replace(scene, licence=scene.licence or publication.scenes_licence,
                attribution=scene.attribution or _credit(publication, scene)) for scene in scenes.scenes))


def permits_of(scenes: Scenes, publication: Publication) -> Mapping[str, Permit]:
    """What may be published of each scene, by its id; the author's own table of licences counts first."""
    known = {licence.id.casefold(): licence for licence in (*LICENCES, *publication.licences)}
    return {scene.id: _permit(scene, known, publication) for scene in credited(scenes, publication).scenes}


def documents_permitted(documents: Sequence[Document], publication: Publication) -> Mapping[str, Permit]:
    """Which texts that are quoted may be passed on whole, by id; a quotation needs no licence, a copy does."""
    known = {licence.id.casefold(): licence for licence in (*LICENCES, *publication.licences)}
    permits = {}
    for document in documents:
        licence = known.get((document.licence or "").casefold())
        is_free = licence is not None and licence.allows == "pixels"
        why = f"{licence.id}: {licence.source}" if licence and is_free else (
            f"what the licence {document.licence[:80]} allows is not known" if document.licence else
            "no licence is recorded")
        permits[document.id] = Permit(scene=document.id, allows="pixels" if is_free else "outline", why=why)
    return permits


def _credit(publication: Publication, scene: Scene) -> str | None:
    return publication.scenes_credit and publication.scenes_credit.replace("{year}", str(scene.taken.year))


def _permit(scene: Scene, known: Mapping[str, Licence], publication: Publication) -> Permit:
    licence = known.get((scene.licence or "").casefold())
    if not scene.licence:
        return Permit(scene=scene.id, allows="outline", why="no licence is recorded")
    if licence is None:
        return Permit(scene=scene.id, allows="outline",
                      why=f"what the licence {scene.licence[:80]} allows is not known")
    if publication.no_pixels:
        return Permit(scene=scene.id, allows="outline", why="this report is published without pixels")
    if not scene.attribution and licence.allows != "outline":
        return Permit(scene=scene.id, allows="outline", why="no credit line is recorded")
    return Permit(scene=scene.id, allows=licence.allows, why=f"{licence.id}: {licence.source}")
