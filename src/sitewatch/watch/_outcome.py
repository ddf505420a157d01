"""One case in one pass: run it, and say what is new in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, cast

from sitewatch import store
from sitewatch.case import Case, Glance, found_now, glance, state_of
from sitewatch.errors import BusyError, InputError, NotEnoughLooksError, ProviderError, SitewatchError
from sitewatch.fetching import Limits, archives, fetch
from sitewatch.model import AnyNews, Checks, Measurements, News, Progress, SceneFit, Scenes, Span, fingerprint
from sitewatch.watch._news import news_of, standing
from sitewatch.watch._still import Still, keep_still, read_still

__all__ = ["Outcome", "State", "look_at"]

_LATE = timedelta(days=60)  # archives take in images weeks after they were taken

AT_A_GLANCE = ("told at a glance: laid beside the earlier images; all are computed anew by `sitewatch run`, or at the "
               "latest when {left} more have come")
"""What is said of a pass that did not compute everything anew."""

State = Literal["failed", "news", "not visible", "busy", "nothing new"]
"""What a pass says of a case, the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one pass says of one case. ``why`` explains what failed, what was not visible and who is busy.

    ``new_looks`` counts the images that came since the pass before, ``clear_looks`` those of them that show the site;
    ``last_clear`` is the latest look of all that does. ``told`` is all that was ever told of the case, ``news`` what
    this pass has added to it. ``error`` is the exit code of what failed, else 0.
    """

    folder: Path
    title: str
    state: State
    why: str = ""
    new_looks: int = 0
    clear_looks: int = 0
    last_clear: datetime | None = None
    told: tuple[AnyNews, ...] = ()
    news: tuple[AnyNews, ...] = ()
    error: int = 0

    @property
    def standing(self) -> tuple[News, ...]:
        """What stands at the site by all that was told, the latest told first."""
        return tuple(reversed(standing(self.told)))


def look_at(folder: Path, at: datetime, progress: Progress | None = None, limits: Limits | None = None, *,
            glances: bool = False) -> Outcome:
    """Run the case of a folder, and keep what is new in it as told; no error of the case leaves this function.

    With ``limits`` new images are fetched first from the archives that the case names. With ``glances`` all images are
    computed anew only where a glance at the new ones shows what may be news, or where many came since.
    """
    outcome = Outcome(folder=folder, title=folder.name, state="failed")
    try:
        case = Case.open(folder)
        outcome = replace(outcome, title=case.site.name)
        told = store.read_news(folder, case.site)
        outcome = replace(outcome, told=told or ())
        state = None if told is None or (limits and archives(case)) else state_of(case)
        before = _relied_on(read_still(folder), glances)
        if before and state and before.state == state:
            return replace(outcome, state="nothing new", last_clear=before.last_clear)
        known, missing, computed = _images(case, limits, progress)
        asked = fingerprint([case.run_ids("claims"), [news.id for news in outcome.told]])
        is_asked = told is not None and before is not None and before.asked == asked
        seen = _quiet(case, told, at, progress) if glances and told is not None and not is_asked else None
        is_glance = seen is not None or bool(is_asked and before and before.glance)
        if not is_glance:
            computed |= any(step.computed for step in case.go_on("report" if told is None else "changes", progress))
        outcome = _with_looks(outcome, _fits(case, seen), known, missing, seen)
        if is_asked and before:
            outcome = replace(outcome, last_clear=before.last_clear)
        found = outcome if is_asked or is_glance else _with_news(outcome, case, told, at, progress)
        if not found.news:
            keep_still(folder, Still(None if computed else state, asked, outcome.last_clear, is_glance))
        return found
    except BusyError as error:
        return replace(outcome, state="busy", why=str(error))
    except NotEnoughLooksError as error:
        return replace(outcome, state="not visible", why=str(error))
    except SitewatchError as error:
        return replace(outcome, why=str(error), error=error.exit_code)
    except Exception as error:  # a fault in one case must not end the watch over all others
        return replace(outcome, why=f"{type(error).__name__}: {error}", error=1)


def _relied_on(still: Still | None, glances: bool) -> Still | None:
    """What the pass before left; nothing where that took a glance and this one is to compute all."""
    return None if still and still.glance and not glances else still


def _images(case: Case, limits: Limits | None, progress: Progress | None) -> tuple[set[str] | None, str, bool]:
    """Look for images: the scenes that were known before, None where nothing was; what could not be had; and whether
    any is new."""
    before = store.FolderStore(case.folder).scenes(case.site)
    missing = _not_fetched(case, before, limits, progress) if limits else ""
    computed = any(step.computed for step in case.run("scenes", progress))
    return {scene.id for scene in before.scenes} if before else None, missing, computed


def _quiet(case: Case, told: tuple[AnyNews, ...], at: datetime, progress: Progress | None) -> Glance | None:
    """New images at a glance, where it shows nothing that would have to be told; else all has to be computed anew.

    What is told of old is not read again, so that nothing is said of it.
    """
    seen = glance(case, progress)
    if seen is None or seen.structures is None:
        return seen
    none = Measurements(site=case.site, records=()), Checks(records=())
    news = [one for one in news_of(seen.structures, *none, told, at) if isinstance(one, News)]
    old = [one for one in news if one.kind == "withdrawn" and (one.between.by or seen.since) < seen.since]
    return seen if len(news) == len(old) else None


def _fits(case: Case, seen: Glance | None) -> tuple[SceneFit, ...]:
    kept = seen.fits if seen else store.FolderStore(case.folder).load("stack", "", case.site)
    return cast(tuple[SceneFit, ...], kept)


def _with_looks(outcome: Outcome, fits: tuple[SceneFit, ...], known: set[str] | None, missing: str,
                seen: Glance | None) -> Outcome:
    """With the looks that have come since the pass before, those of the first pass not being new."""
    new = [fit for fit in fits if known is not None and fit.scene not in known]
    clear = [fit for fit in new if fit.used]
    outcome = replace(outcome, state="nothing new", new_looks=len(new), clear_looks=len(clear),
                      last_clear=max((fit.taken for fit in fits if fit.used), default=None),
                      why=AT_A_GLANCE.format(left=seen.left) if seen else "")
    if missing:
        outcome = replace(outcome, state="failed", why=missing, error=ProviderError.exit_code)
    elif new and not clear:
        why = "; ".join(sorted({fit.why_not for fit in new if fit.why_not}))
        outcome = replace(outcome, state="not visible", why=why)
    return outcome


def _not_fetched(case: Case, kept: Scenes | None, limits: Limits, progress: Progress | None) -> str:
    """Fetch what archives have new, if the case names any; in words, what could not be had."""
    if not archives(case):
        return ""
    latest = max((scene.taken for scene in kept.scenes), default=None) if kept else None
    try:
        plan = fetch(case, span=Span(start=latest - _LATE) if latest else None, limits=limits, progress=progress)
    except ProviderError as error:
        return str(error)
    except BusyError:
        raise
    except InputError:  # there is nothing that is worth it; what is wrong with the case itself, the run says
        return ""
    return f"did not arrive, and is fetched again by the next pass: {', '.join(plan.lost)}" if plan.lost else ""


def _with_news(outcome: Outcome, case: Case, told: tuple[AnyNews, ...] | None, at: datetime,
               progress: Progress | None) -> Outcome:
    """What is new is told with its report; where nothing is, that report is drawn when somebody asks for it."""
    news = news_of(*found_now(case, progress), told, at)
    if news and told is not None:
        case.run(progress=progress)
    if news or told is None:
        store.add_news(case.folder, case.site, news)
    fresh = tuple(one for one in news if not one.known)
    return replace(outcome, told=(*outcome.told, *news), news=fresh, state="news" if fresh else outcome.state)
