"""What is told, in words: a headline and one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from sitewatch.model import AnyNews, StructureClass, VerdictNews

__all__ = ["headline", "sentence"]

_HAPPENED: Mapping[StructureClass, str] = {"new structure": "first seen", "removed structure": "gone",
                                           "altered structure": "altered", "ground works": "begun",
                                           "marked object": "come or gone"}
_LONGEST_QUOTE = 160


def headline(title: str, news: AnyNews) -> str:
    """The place, and what is new there in a few words."""
    if isinstance(news, VerdictNews):
        return f"{title}: a claim is now {news.verdict}"
    return f"{title}: {news.class_} {news.kind}"


def sentence(news: AnyNews) -> str:
    """What is told, in one sentence: of a structure its class, bracket, size with its interval and chance; of a claim
    its verdict and the one before."""
    if isinstance(news, VerdictNews):
        quote = news.quote if len(news.quote) <= _LONGEST_QUOTE else f"{news.quote[:_LONGEST_QUOTE - 1]}…"
        before = f", {news.before} before" if news.before else ""
        return (f"claim \N{LEFT DOUBLE QUOTATION MARK}{quote}\N{RIGHT DOUBLE QUOTATION MARK}: "
                f"{news.verdict}{before}; {news.why}")
    size = f", footprint {news.area} confidence" if news.area else ", too small or too unclear to be measured"
    what = (f"{news.class_}, {_HAPPENED.get(news.class_, 'seen')} {news.between}{size}; "
            f"chance of this reading {100 * news.chance:.0f}\N{NO-BREAK SPACE}%")
    if news.kind == "withdrawn":
        return f"reported no more, by what the looks since show or by what a person decided: {what}"
    return what if news.kind == "confirmed" else f"{what}; few looks show it yet"
