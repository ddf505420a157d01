"""Whatever the page's own description allows is answered as it says, and never with a server's error."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode, checks, openapi

from sitewatch.model import Row
from sitewatch.web import Desk, app_of

_EXAMPLES = 30   # of each route and kind: the whole takes some seconds
_CHECKS = [checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
           checks.response_schema_conformance]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_that_is_described_or_that_comes_close_breaks_the_server(desk: Desk, mode, monkeypatch):
    monkeypatch.setattr("sitewatch.publication.draft", lambda case: (Row(number=1, rule="warn", element="title"),))
    asked: dict[str, int] = {}
    for found in openapi.from_asgi("/openapi.json", app_of(desk)).get_all_operations():
        operation = found.ok()
        takes = [*operation.path_parameters, *operation.query, *operation.body]
        if mode is GenerationMode.NEGATIVE and not takes:
            continue

        @given(operation.as_strategy(generation_mode=mode))
        @settings(max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None,
                  suppress_health_check=list(HealthCheck))
        def holds(case: Case) -> None:
            asked[case.operation.label] = asked.get(case.operation.label, 0) + 1
            case.call_and_validate(checks=_CHECKS)
        holds()
    assert sum(asked.values()) > 150, asked
