"""The text of a document: plain text, HTML or PDF. Nothing in it is run, nothing that it names is fetched."""

from __future__ import annotations

import io
import logging
import re
import warnings
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from sitewatch.errors import InputError
from sitewatch.store._files import read_bytes

__all__ = ["LARGEST_DOCUMENT_BYTES", "read_text", "text_of"]

LARGEST_DOCUMENT_BYTES = 20_000_000
_LARGEST_TEXT = 2_000_000
_MOST_PAGES = 500
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
# Tags that stay open nest, and the time to parse grows with the square of their depth. These close by themselves.
_OPENED = re.compile(r"<(?!(?:area|br|col|dd|dt|hr|img|input|li|link|meta|option|p|source|td|th|tr|wbr)\b)[a-z]", re.I)
_MOST_UNCLOSED = 5000
# What a reader of the page does not see, and what is not its text.
_UNSEEN = frozenset("script style noscript template head svg math iframe object".split())
_BLOCKS = frozenset("""
    address article aside blockquote br caption dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr
    li main nav ol p pre section table tbody td tfoot th thead tr ul
""".split())


def read_text(path: Path) -> str:
    """The text of a file; InputError, which names it, where it cannot be had."""
    return text_of(read_bytes(path, LARGEST_DOCUMENT_BYTES), path)


def text_of(data: bytes, path: Path) -> str:
    """The text that a reader of the document sees; ``path`` gives the kind, and its name to errors.

    Raises InputError for what is too large, is no text, or is a PDF without text.
    """
    if data.startswith(b"%PDF-"):
        text = _text_of_pdf(data, path)
    elif path.suffix.lower() in (".html", ".htm", ".xhtml") or _HTML.match(data[:10_000]):
        text = _text_of_html(_decoded(data, path), path)
    else:
        text = _decoded(data, path)
    if len(text) > _LARGEST_TEXT:
        raise InputError(f"{path} holds {len(text)} characters of text; {_LARGEST_TEXT} are the most. "
                         "Keep the part that is quoted")
    return text


def _decoded(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is neither UTF-8 text nor a PDF. Save it as UTF-8") from error
    if "\0" in text:
        raise InputError(f"{path} is not a text. Give plain text, HTML or PDF")
    return text


def _text_of_html(source: str, path: Path) -> str:
    """Text nodes in order; a new block begins a new line."""
    if len(_OPENED.findall(source)) - source.count("</") > _MOST_UNCLOSED:
        raise InputError(f"{path} leaves more than {_MOST_UNCLOSED} tags open. Save its text as plain text instead")
    tree = LexborHTMLParser(source)
    for node in [node for tag in sorted(_UNSEEN) for node in tree.css(tag)]:
        node.decompose()
    parts: list[str] = []
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.tag == "-text":
            parts.append(re.sub(r"\s+", " ", node.text_content or ""))
        elif node.tag in _BLOCKS:
            parts.append("\n")
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _text_of_pdf(data: bytes, path: Path) -> str:
    from pypdf import PdfReader  # noqa: PLC0415  slow to load, and few documents are PDFs
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it grumbles about every odd but readable file
            pages = PdfReader(io.BytesIO(data)).pages
            if len(pages) > _MOST_PAGES:
                raise InputError(f"{path} has {len(pages)} pages; {_MOST_PAGES} are the most. Keep the pages quoted")
            text = "\n".join(page.extract_text() for page in pages).strip()
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as a PDF ({error}). Save its text as UTF-8 instead") from error
    if not text:
        raise InputError(f"{path} is a PDF without text, such as a scan. Run text recognition on it first, "
                         "or keep its text as a plain text file")
    return text
