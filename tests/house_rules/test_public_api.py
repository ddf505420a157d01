"""What others may build on: a name is added or taken away only on purpose, together with its line here."""

from __future__ import annotations

import importlib
from inspect import isclass, isfunction

_PACKAGES = ("sitewatch", "sitewatch.model", "sitewatch.sources", "sitewatch.scenes", "sitewatch.stack",
             "sitewatch.changes", "sitewatch.structures", "sitewatch.measurements", "sitewatch.claims",
             "sitewatch.report", "sitewatch.watch")


def test_the_public_names_are_those_that_are_pinned(repository):
    pinned = (repository / "tests" / "house_rules" / "public_api.txt").read_text().split()
    public = sorted(f"{package}.{name}" for package in _PACKAGES for name in importlib.import_module(package).__all__)
    assert public == pinned


def test_every_public_name_exists_and_says_what_it_is():
    for package in _PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            found = getattr(module, name)
            says = found.__doc__ or not (isfunction(found) or isclass(found))  # a closed set of words says itself
            assert says, f"{package}.{name} has no docstring"
