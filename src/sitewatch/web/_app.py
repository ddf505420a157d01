"""The routes: each is one call of the desk, described in /openapi.json."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse

from sitewatch.errors import SitewatchError
from sitewatch.web._desk import Desk
from sitewatch.web._pixels import Mode
from sitewatch.web._records import (
    ChecklistTold,
    DecidedTold,
    DecisionAsked,
    FindingsTold,
    MeasureAsked,
    MeasuredTold,
    Problem,
    PublishAsked,
    RunTold,
    SiteTold,
    SubjectsTold,
)

__all__ = ["STATIC", "app_of"]

STATIC = Path(__file__).parent / "static"
_KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 404, 409, 413, 421, 422, 503)}
_Name = Annotated[str, InPath(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Cell = Annotated[int, InPath(ge=0, le=1_000_000)]


def app_of(desk: Desk) -> FastAPI:
    """The application of one desk, without its guard."""
    app = FastAPI(title="sitewatch review", docs_url=None, redoc_url=None, responses=_PROBLEMS,
                  description="The review page of one case: what there is to see, and what a person decides.")
    app.add_exception_handler(SitewatchError, _told)
    app.add_exception_handler(OSError, _told)
    app.add_exception_handler(RequestValidationError, _told)
    _seeing(app, desk)
    _pictures(app, desk)
    _deciding(app, desk)
    _page(app)
    return app


def _seeing(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/site", tags=["see"])
    def site() -> SiteTold:
        """The place, its grid, and its looks in order of time."""
        return desk.site()

    @app.get("/api/subjects", tags=["see"], response_model=SubjectsTold)
    def subjects(with_all: bool = False) -> Response:
        """Structures and changes in the order in which decisions on them are worth most.

        What the tool set aside and nobody decided on is told `with_all` only.
        """
        told = desk.subjects(with_all=with_all)   # hundreds: written at once, not taken apart and checked once more
        return Response(told.model_dump_json(by_alias=True), media_type="application/json")

    @app.get("/api/findings", tags=["see"])
    def findings() -> FindingsTold:
        """What may be said, as of the last run."""
        return desk.findings()


def _pictures(app: FastAPI, desk: Desk) -> None:
    png: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}
    jpeg: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}

    @app.get("/api/tiles/{mode}/{scene}/{z}/{x}/{y}.png", tags=["see"], response_class=Response, responses=png)
    def tile(mode: Mode, scene: _Name, z: _Cell, x: _Cell, y: _Cell) -> Response:
        """256 by 256 pixels of one look on the site's grid; all looks are stretched alike."""
        return _picture(desk.tile(mode, scene, z, x, y), "png")

    @app.get("/api/strips/{mode}/{subject}.jpg", tags=["see"], response_class=Response, responses=jpeg)
    def strip(mode: Mode, subject: _Name) -> Response:
        """One structure or change in every look, side by side in chips of 96 pixels."""
        return _picture(desk.strip(mode, subject), "jpeg")


def _deciding(app: FastAPI, desk: Desk) -> None:
    @app.post("/api/decisions", status_code=201, tags=["decide"])
    def decide(asked: DecisionAsked) -> DecidedTold:
        """Keep a decision. It is on disk when this answers; 409 where the subject is no longer as it was seen."""
        return desk.decide(asked)

    @app.delete("/api/decisions/{decision}", tags=["decide"])
    def withdraw(decision: _Name) -> DecidedTold:
        """Take back a decision of one's own."""
        return desk.withdraw(decision)

    @app.post("/api/measure", tags=["measure"])
    def measure(asked: MeasureAsked) -> MeasuredTold:
        """Measure what a person drew on one look; nothing is kept."""
        return desk.measure(asked)

    @app.post("/api/run", status_code=202, tags=["run"])
    def start_run() -> RunTold:
        """Compute anew what the decisions changed; one run at a time."""
        return desk.start_run()

    @app.get("/api/run", tags=["run"])
    def run() -> RunTold:
        """How far the run is, or the publication, and whether a run is due."""
        return desk.run()

    @app.get("/api/checklist", tags=["publish"])
    def checklist() -> ChecklistTold:
        """What has to hold before the report may be published, row by row."""
        return desk.checklist()

    @app.post("/api/publish", status_code=202, tags=["publish"])
    def publish(asked: PublishAsked) -> RunTold:
        """Write the report that may be published, with its proof; `/api/run` tells how far it is or what is missing."""
        return desk.start_publishing(asked)


def _page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    def index() -> FileResponse:
        return _file("index.html")

    @app.get("/assets/{name}", include_in_schema=False)
    def asset(name: _Name) -> FileResponse:
        return _file(f"assets/{name}")


def _file(name: str) -> FileResponse:
    path = STATIC / name
    if path.suffix not in _KINDS or not path.is_file():
        raise HTTPException(404, "there is no such file")
    return FileResponse(path, media_type=_KINDS[path.suffix])


def _picture(data: bytes | None, kind: str) -> Response:
    if data is None:
        raise HTTPException(404, "there is no such picture")
    return Response(data, media_type=f"image/{kind}")


def _told(request: Request, error: Exception) -> JSONResponse:
    """Errors raised on purpose say what to do, the file system's what it refused, a request's which key is wrong."""
    if isinstance(error, RequestValidationError):
        wrong = [f"{'.'.join(str(key) for key in one['loc'][1:]) or 'the request'}: {one['msg']}"
                 for one in error.errors()]
        return JSONResponse({"detail": "; ".join(wrong)[:2000]}, status_code=422)
    if isinstance(error, SitewatchError):
        return JSONResponse({"detail": str(error)}, status_code=error.http_status)
    reason = getattr(error, "strerror", None) or str(error)
    return JSONResponse({"detail": f"the file system refused ({reason}), so nothing was kept. Check the case's folder, "
                                   "its permissions and the free space, then decide again"}, status_code=503)
