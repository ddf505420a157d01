"""New images of a case from the archives that it names: planned first, fetched once, and never by a run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from time import perf_counter

from sitewatch import scenes, store
from sitewatch.case import Case
from sitewatch.errors import InputError, UsageError
from sitewatch.model import PaidSource, Progress, RemoteSource, Span, fingerprint
from sitewatch.scenes import Limits, Plan

__all__ = ["Limits", "Plan", "archives", "fetch"]


def archives(case: Case) -> dict[str, RemoteSource]:
    """The archives that case.yaml names, by name."""
    sources, _ = store.open_sources(case.file.sources, case.folder.resolve())
    return {name: source for name, source in sources.items() if isinstance(source, RemoteSource)}


def fetch(case: Case, names: Collection[str] = (), span: Span | None = None, limits: Limits | None = None, *,
          dry_run: bool = False, progress: Progress | None = None) -> Plan:
    """Search the archives of a case, or some of them, within a span, and fetch what is worth it.

    Nothing is fetched with ``dry_run``. What is to be paid for is ordered only where the limits hold the code of
    exactly this plan; else it is left out. What has come stays, whatever fails: the plan says what is missing.
    Raises UsageError for a name that case.yaml does not have or a code of another plan, InputError where there is
    nothing to fetch, ProviderError where no archive answers or nothing arrives.
    """
    began, limits = perf_counter(), limits or Limits()
    every = archives(case)
    meant = _meant(case, every, names)
    for source in meant.values():
        source.spend_at_most(None if limits.max_mb is None else int(limits.max_mb * 1e6 / len(meant)))
        if isinstance(source, PaidSource):
            source.remember(store.Orders(case.folder.resolve()))
    holder = store.FolderStore(case.folder.resolve())
    asked = fingerprint(str(store.sources_plain(case.file.sources)))
    is_anew = holder.is_asked_anew(asked, case.site)
    within = case.file.span if span is None else case.file.span.common(span)
    found = holder.known(scenes.find_scenes(case.site, within, meant, progress))
    offer = scenes.without_held(found, holder.scenes(case.site))
    weights = scenes.weigh_scenes(offer, meant, progress)
    plan = replace(scenes.plan_scenes(offer, weights, limits, _received(meant)),
                   without=scenes.months_without(found, within))
    if dry_run:
        return plan
    plan = _agreed(plan, meant, limits.agreed, holder)
    chosen = plan.chosen()
    if not chosen.scenes:
        raise InputError(_nothing_worth_it(plan))
    held = scenes.keep_scenes(chosen, meant, partial(holder.keep, case.site.grid), progress)
    kept = holder.with_earlier(held, case.file.span, every, every if is_anew else None)
    case.hold(kept, asked, perf_counter() - began)
    return plan.after(held, _received(meant))


def _meant(case: Case, every: dict[str, RemoteSource], names: Collection[str]) -> dict[str, RemoteSource]:
    unknown = [name for name in names if name not in every]
    if unknown or not every:
        named = f"names {', '.join(every)}" if every else "names no archive"
        raise UsageError(f"{case.file.path} {named}{f', not {unknown[0][:60]!r}' if unknown else ''}. Add a line "
                         "such as `- {kind: stac, profile: earth-search}` under scenes: sources:")
    return {name: source for name, source in every.items() if not names or name in names}


def _agreed(plan: Plan, sources: dict[str, RemoteSource], agreed: str | None, holder: store.FolderStore) -> Plan:
    """The plan with what is to be paid for, which is ordered now, if that was agreed to; else without it."""
    if agreed is None:
        return plan.unpaid()
    if agreed != plan.code or not plan.to_pay:
        told = f"the code of what it would order now is {plan.code}" if plan.to_pay else "there is nothing to pay for"
        raise UsageError(f"{agreed[:60]!r} is not the code of this plan: {told}. Look at it again with --dry-run; what "
                         "is ordered already comes without --order")
    with holder.writing():  # so that no two at once order the same
        for name, source in sources.items():
            wanted = [row.scene for row in plan.to_pay if row.scene.source == name]
            if isinstance(source, PaidSource) and wanted:
                source.order(wanted)
    return plan


def _nothing_worth_it(plan: Plan) -> str:
    reasons = "\n".join(f"  {row.scene.id}: {row.why_not}" for row in plan.rows[:5])
    return (f"not one of the {len(plan.rows)} scenes that were found is worth fetching:\n{reasons}\n"
            "Ask for another time, or for more with --max-cloud, --max-scenes or --max-mb")


def _received(sources: dict[str, RemoteSource]) -> int:
    return sum(source.received for source in sources.values())
