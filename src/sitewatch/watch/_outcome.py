"""One case in one pass: run it, and say what is new in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, cast

from sitewatch import store
from sitewatch.case import Case, found_now, state_of
from sitewatch.errors import BusyError, InputError, NotEnoughLooksError, ProviderError, SitewatchError
from sitewatch.fetching import Limits, archives, fetch
from sitewatch.model import AnyNews, News, Progress, SceneFit, Scenes, Span, fingerprint
from sitewatch.watch._news import news_of, standing
from sitewatch.watch._still import Still, keep_still, read_still

__all__ = ["Outcome", "State", "look_at"]

_LATE = timedelta(days=60)  # archives take in images weeks after they were taken

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


def look_at(folder: Path, at: datetime, progress: Progress | None = None, limits: Limits | None = None) -> Outcome:
    """Run the case of a folder, and keep what is new in it as told; no error of the case leaves this function.

    With ``limits`` new images are fetched first from the archives that the case names.
    """
    outcome = Outcome(folder=folder, title=folder.name, state="failed")
    try:
        case = Case.open(folder)
        outcome = replace(outcome, title=case.site.name)
        told = store.read_news(folder, case.site)
        outcome = replace(outcome, told=told or ())
        state = None if told is None or (limits and archives(case)) else state_of(case)
        before = read_still(folder)
        if before and state and before.state == state:
            return replace(outcome, state="nothing new", last_clear=before.last_clear)
        outcome, computed = _run(case, outcome, "report" if told is None else "changes", progress, limits)
        asked = fingerprint([case.run_ids("claims"), [news.id for news in outcome.told]])
        is_asked = told is not None and before is not None and before.asked == asked
        found = outcome if is_asked else _with_news(outcome, case, told, at, progress)
        if not found.news:
            keep_still(folder, Still(state=None if computed else state, asked=asked, last_clear=outcome.last_clear))
        return found
    except BusyError as error:
        return replace(outcome, state="busy", why=str(error))
    except NotEnoughLooksError as error:
        return replace(outcome, state="not visible", why=str(error))
    except SitewatchError as error:
        return replace(outcome, why=str(error), error=error.exit_code)
    except Exception as error:  # a fault in one case must not end the watch over all others
        return replace(outcome, why=f"{type(error).__name__}: {error}", error=1)


def _run(case: Case, outcome: Outcome, until: str, progress: Progress | None,
         limits: Limits | None) -> tuple[Outcome, bool]:
    """With the looks that have come since the pass before, those of the first pass not being new; and whether anything
    had to be computed."""
    kept = store.FolderStore(case.folder)
    before = kept.scenes(case.site)
    missing = _not_fetched(case, before, limits, progress) if limits else ""
    computed = any(step.computed for step in case.run(until, progress))
    fits = cast(tuple[SceneFit, ...], kept.load("stack", "", case.site))
    known = {scene.id for scene in before.scenes} if before else {fit.scene for fit in fits}
    new = [fit for fit in fits if fit.scene not in known]
    clear = [fit for fit in new if fit.used]
    outcome = replace(outcome, state="nothing new", new_looks=len(new), clear_looks=len(clear),
                      last_clear=max((fit.taken for fit in fits if fit.used), default=None))
    if missing:
        outcome = replace(outcome, state="failed", why=missing, error=ProviderError.exit_code)
    elif new and not clear:
        why = "; ".join(sorted({fit.why_not for fit in new if fit.why_not}))
        outcome = replace(outcome, state="not visible", why=why)
    return outcome, computed


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
