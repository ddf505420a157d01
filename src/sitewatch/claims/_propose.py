"""Propose claims: clauses that carry a number, a date, a hedge or somebody's word; a person confirms them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitewatch.claims._quantities import quantities_in
from sitewatch.claims._sentences import Span, clauses_of, sentences_of
from sitewatch.claims._wording import DENIED_COMMENT, IMAGERY, MONTHS, NOVELTY, RELATIVE_DATE, hedges_in
from sitewatch.model import ClaimKind, Proposal, Stated

__all__ = ["propose_claims", "read_passage"]

_VERBS = (r"said|says|say|told|noted|notes|reported|reports|announced|claimed|claims|added|warned|stated|believes?"
          r"|argues?|concluded?|confirmed|estimated?|acknowledged|denied|wrote|reveals?|revealed|found|finds"
          r"|(?:have |has )?raised concerns?|saying|praising|claiming|noting|adding|warning|praised")
_GROUP = (r"(?:officials|researchers|analysts|experts|observers|critics|sources|officers|authorities|media|agency"
          r"|ministry|institute|think tank|spokes(?:man|woman|person)|inspectors|residents|witnesses)")
_NAME = r"\b[A-Z][\w.’'-]{0,40}(?:\s(?:of|for|the|and|[A-Z][\w.’'-]{0,40})){0,9}"
_WHO = rf"\b(?:(?:[\w.’'-]{{1,40}}\s){{0,4}}{_GROUP}|{_NAME})"
_SAYS = re.compile(rf"(?P<who>{_WHO})(?:(?:,[^,]{{3,120}}){{1,3}},)?\s(?:also\s|previously\s)?(?P<act>{_VERBS})\b")
_ACCORDING = re.compile(rf"\b[Aa]ccording to (?:an? |the )?(?P<who>{_WHO}|[a-z]+(?: [a-z]+)? (?:by|from|of) {_WHO})")
_RESEARCH = re.compile(rf"\b(?:research|analysis|report|study|assessment|images?) (?:from|by|of) (?:an? |the )?"
                       rf"(?P<who>[\w.-]+(?: [\w.-]+)? think tank|{_WHO})")
_DATE = re.compile(rf"\b(?:\d{{4}}-\d\d-\d\d|(?:{MONTHS})\s\d{{1,2}}(?:,?\s\d{{4}})?"
                   rf"|\d{{1,2}}\s(?:{MONTHS})(?:\s\d{{4}})?|(?:(?:early|mid|late)[ -])?(?:{MONTHS})(?:\s\d{{4}})?"
                   r"|(?:in|since|by|until|from)\s(?:19|20)\d\d)\b")
# A day can be a name: the March 16 factory.
_NAMED_DAY = re.compile(rf"\b(?:{MONTHS})\s\d{{1,2}}\s(?:\w+\s)?"
                        r"(?:plant|factory|complex|works|mill|mine|movement|street)\b", re.I)
# What only introduces somebody's words is no claim of its own.
_FRAME = re.compile(rf"\b(?:that|show|shows|showed)$|(?<!been )(?<!previously )\b(?:{_VERBS})$"
                    r"|^according to\b[^,]*$", re.I)
_BEFORE_WHO = re.compile(r"^(?:(?:with|while|and|but|also|meanwhile|when|as|the|an?),?\s)+", re.I)
_LEADING = re.compile(r"(?:and|but|while|with|also|that|,|–|—)\s+", re.I)
_SHORTEST = 12
_AT_THE_END = 40  # "..., officials said on Monday." holds for the whole sentence
_MAY_IS_A_VERB = re.compile(r"\bMay\b(?=\s[a-z])")


def propose_claims(text: str) -> tuple[Proposal, ...]:
    """The clauses that look like claims, in order, each with exact offsets and the rules that chose it.

    The rules are for English and know nothing of the place. Every proposal is for a person to confirm, correct
    or drop; none of them gets a verdict before that.
    """
    return tuple(proposal for sentence in sentences_of(text) for proposal in _of_sentence(text, sentence))


def read_passage(quote: str, start: int, kind: ClaimKind | None, *, by: str) -> Proposal:
    """A passage that something else than the rules pointed out, with what the rules read in it."""
    stated = _stated(quote)
    return Proposal(start=start, end=start + len(quote), quote=quote, kind=kind or _kind(quote, stated, is_said=False),
                    hedge=hedges_in(quote), stated=stated, dates=_dates(quote), by=by,
                    because=(f"pointed out by a machine, the {by}",))


def _of_sentence(text: str, sentence: Span) -> Iterator[Proposal]:
    speaker, said_from = _speaker(text, sentence)
    framed: tuple[str, ...] = ()
    for clause in clauses_of(text, sentence):
        start, end = _bare(text, *clause)
        quote = text[start:end]
        if end - start < _SHORTEST or _is_frame(quote):
            framed = hedges_in(quote)  # "it appears that" hedges what follows
            continue
        stated, dates, hedges = _stated(quote), _dates(quote), (*framed, *hedges_in(quote))
        framed = ()
        because = [*([f"a number: {stated.surface}"] if stated else []), *(f"a date: {date}" for date in dates),
                   *(f"a hedge: {hedge}" for hedge in hedges)]
        if DENIED_COMMENT.search(quote):
            because.append("no comment given")
        if NOVELTY.search(quote):
            because.append("a claim to be first")
        spoken = speaker if speaker and clause[1] > said_from else None
        if spoken:
            because.append(f"said by: {spoken[0]}")
        if because:
            yield Proposal(start=start, end=end, quote=quote, kind=_kind(quote, stated, is_said=bool(spoken)),
                           hedge=hedges, stated=stated, dates=dates, who=spoken[0] if spoken else None,
                           act=spoken[1] if spoken else None, because=tuple(because))


def _speaker(text: str, sentence: Span) -> tuple[tuple[str, str] | None, int]:
    """Whoever the sentence quotes, and from where on; "according to" holds for the whole sentence."""
    for pattern, act in ((_ACCORDING, "says"), (_RESEARCH, "analyses"), (_SAYS, "")):
        if match := pattern.search(text, *sentence):
            who = _BEFORE_WHO.sub("", match["who"].strip(" ."))
            is_within = pattern is _SAYS and sentence[1] - match.end() > _AT_THE_END
            return (who, act or match["act"]), match.start() if is_within else sentence[0]
    return None, sentence[1]


def _is_frame(quote: str) -> bool:
    """Whether it only introduces somebody's words: "the officer, an engineer, said", "it appears that"."""
    bare = _BEFORE_WHO.sub("", quote)
    is_led = bool(_SAYS.match(bare) or _RESEARCH.search(bare) or re.match(r"(?i)it\b|according to\b", bare))
    return is_led and bool(_FRAME.search(quote))


def _stated(quote: str) -> Stated | None:
    return next((stated for _, _, stated in quantities_in(quote)), None)


def _dates(quote: str) -> tuple[str, ...]:
    plain = _NAMED_DAY.sub(lambda match: " " * len(match[0]), quote)
    found = [match for pattern in (_DATE, RELATIVE_DATE) for match in pattern.finditer(plain)]
    return tuple(match[0].strip(" -") for match in sorted(found, key=re.Match.start)
                 if not _MAY_IS_A_VERB.fullmatch(plain, match.start(), match.end()))


def _bare(text: str, start: int, end: int) -> Span:
    """Without the conjunction before it and the stop after it."""
    while match := _LEADING.match(text, start, end):
        start = match.end()
    while end > start and (text[end - 1].isspace() or text[end - 1] in ".,;:"):
        end -= 1
    return start, end


def _kind(quote: str, stated: Stated | None, *, is_said: bool) -> ClaimKind:
    if DENIED_COMMENT.search(quote) or NOVELTY.search(quote):
        return "meta"
    if stated and stated.unit != "count":
        return "measurement"
    if IMAGERY.search(quote):
        return "observation"
    return "attribution" if is_said else "background"
