"""Collect the report's own words for translators, and compile what they have translated.

``python -m tools.report_texts`` writes ``report.pot`` in src/sitewatch/report/page/texts, brings it into each catalogue
beside it (``LANGUAGE/LC_MESSAGES/report.po``) and compiles that to the ``report.mo`` which the report reads.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

REPORT = Path(__file__).parents[1] / "src" / "sitewatch" / "report"
TEXTS = REPORT / "page" / "texts"
_METHODS = [("**.py", "python"), ("page/**.html", "jinja2"), ("page/**.js", "jinja2"), ("page/**.svg", "jinja2")]
_JINJA = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_noop": None}


def texts() -> Catalog:
    """Every text of the report's own, with the files in which it stands."""
    found = Catalog(project="sitewatch", charset="utf-8", fuzzy=False)
    for name, _, message, comments, context in extract_from_dir(
            REPORT, _METHODS, {pattern: _JINJA for pattern, method in _METHODS if method == "jinja2"}, _KEYWORDS):
        found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def written(catalogue: Catalog) -> str:
    """As GNU gettext has it; without a time of day, so that the same texts give the same file."""
    file = io.BytesIO()
    write_po(file, catalogue, sort_by_file=True, include_lineno=False, width=100)
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(('"POT-Creation-Date', '"Generated-By', "# ")))


def main() -> None:
    """Write the template, and take it into every catalogue."""
    template = texts()
    TEXTS.mkdir(exist_ok=True)
    (TEXTS / "report.pot").write_text(written(template), encoding="utf-8")
    for file in sorted(TEXTS.glob("*/LC_MESSAGES/report.po")):
        with file.open("rb") as old:
            catalogue = read_po(old, locale=file.parts[-3])
        catalogue.update(template)
        file.write_text(written(catalogue), encoding="utf-8")
        with file.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)


if __name__ == "__main__":
    main()
