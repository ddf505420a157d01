"""Only one browser on this machine may ask, from this page, by this name."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.web.conftest import ORIGIN


def test_nothing_is_told_without_the_link(stranger):
    for path in ("/", "/api/site", "/api/subjects", "/openapi.json", "/assets/x.js", "/nowhere"):
        assert stranger.get(path).status_code == 401, path
    assert stranger.post("/api/run").status_code == 401


@pytest.mark.parametrize("token", ["x", "", "%00", "é"])
def test_a_wrong_link_opens_nothing(stranger, token):
    assert stranger.get(f"/?token={token}", follow_redirects=False).status_code == 401
    assert "set-cookie" not in stranger.get(f"/?token={token}", follow_redirects=False).headers


def test_the_link_is_good_once_and_for_one_browser(guard, page):
    assert page.get("/api/site").status_code == 200
    other = TestClient(guard, base_url=ORIGIN)
    assert other.get(f"/?token={guard.token}", follow_redirects=False).status_code == 401


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(guard, stranger):
    cookie = stranger.get(f"/?token={guard.token}", follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert guard.token.lower() not in cookie


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8123", "127.0.0.1", "127.0.0.1:9", "[::1]:8123", ""])
def test_a_name_that_was_made_to_point_here_is_refused(page, host):
    assert page.get("/api/site", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9", "https://127.0.0.1:8123", ""])
def test_another_page_cannot_decide(page, origin):
    for call in (page.post("/api/run", headers={"origin": origin}),
                 page.delete("/api/decisions/d", headers={"origin": origin})):
        assert call.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_cannot_even_load_a_picture(page, site):
    assert page.get("/api/site", headers={"sec-fetch-site": site}).status_code == 403


def test_an_endless_request_is_refused(page):
    answer = page.post("/api/decisions", content=b"x" * 1_000_001, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    chunks = page.post("/api/decisions", content=(b" " * 100_000 for _ in range(20)),
                       headers={"content-type": "application/json"})
    assert chunks.status_code >= 400


def test_the_page_may_load_nothing_from_elsewhere_and_leaves_nothing_behind(page):
    for path in ("/api/site", "/nowhere"):
        headers = page.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
