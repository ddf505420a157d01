"""feed.xml: every version of the report and what it said, for whoever follows the place (Atom, RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from sitewatch.model import Findings, Publication
from sitewatch.report._language import visible

__all__ = ["compose_feed"]

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")   # XML 1.0, section 2.2


def compose_feed(findings: Findings, publication: Publication) -> bytes:
    """This version first, then the earlier ones.

    An entry holds the sentences of its version and, where the author stated it, what it corrected. Its id stays the
    same in every later feed, so that a reader does not tell of it again.
    """
    root = ET.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    slug, site = findings.site.slug, findings.site.name
    _text(root, "id", f"urn:sitewatch:{slug}")
    _text(root, "title", f"{site}: reports")
    _text(root, "updated", _moment(publication.date))
    _text(ET.SubElement(root, "author"), "name", publication.publisher or "not stated")
    ET.SubElement(root, "link", rel="alternate", href="index.html")
    if publication.licence:
        _text(root, "rights", publication.licence)
    said = [(publication.version, findings.title, tuple(finding.text for finding in findings))]
    said += [(earlier.version, earlier.title, earlier.sentences) for earlier in reversed(publication.earlier)]
    for version, title, sentences in said:
        _entry(root, f"urn:sitewatch:{slug}:{version}", publication, title, sentences, version)
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _entry(root: ET.Element, name: str, publication: Publication, title: str, sentences: Sequence[str],
           version: int) -> None:
    entry = ET.SubElement(root, "entry")
    earlier = next((e for e in publication.earlier if e.version == version), None)
    _text(entry, "id", name)
    _text(entry, "title", f"Version {version}: {title}")
    _text(entry, "updated", _moment(earlier.date if earlier else publication.date))
    if earlier is None:
        ET.SubElement(entry, "link", rel="alternate", href="index.html")
    corrected = [f"Corrected: {c.text}" for c in publication.corrections if c.version == version]
    _text(entry, "content", "\n".join([*corrected, *sentences]))


def _moment(date: str) -> str:
    return f"{date or '1970-01-01'}T00:00:00Z"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", str(visible(text)))
