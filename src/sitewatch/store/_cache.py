""".cache/: the aligned stack as Zarr. It is derived; whatever is wrong with it, it is computed again."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sitewatch.model import Site

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["load_data", "save_data"]


def save_data(folder: Path, run_id: str, data: xr.Dataset) -> None:
    """Keep the pixels of one stack run, and only of that run: they are large."""
    cache = folder / ".cache"
    cache.mkdir(exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".sitewatch-", dir=cache))
    marked = data.assign_attrs(sha256=_digest(data))
    with warnings.catch_warnings():
        # Zarr 3 warns that the form of text arrays is not final: this file never outlives its program by much.
        warnings.simplefilter("ignore")
        marked.to_zarr(part / "stack.zarr", mode="w", consolidated=False, zarr_format=3)
    for old in cache.glob("stack-*.zarr"):
        shutil.rmtree(old, ignore_errors=True)
    (part / "stack.zarr").rename(_path(folder, run_id))
    shutil.rmtree(part, ignore_errors=True)


def load_data(folder: Path, run_id: str, site: Site) -> xr.Dataset | None:
    """The pixels of a stack run; None where there are none or they are damaged."""
    path = _path(folder, run_id)
    if not path.is_dir():
        return None
    import xarray as xr  # noqa: PLC0415  slow to load, and most commands open no pixels

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lazy = xr.open_zarr(path, consolidated=False, chunks=None)
            if lazy["values"].shape[2:] != site.grid.shape or lazy["values"].nbytes > 2**37:
                return None
            data = lazy.load()
    except Exception:  # each codec and each Zarr version fails in its own way
        return None
    wanted = data.attrs.pop("sha256", None)
    return data if wanted == _digest(data) else None


def _path(folder: Path, run_id: str) -> Path:
    return folder / ".cache" / f"stack-{run_id}.zarr"


def _digest(data: xr.Dataset) -> str:
    digest = hashlib.sha256()
    for name in sorted(map(str, data.variables)):
        values = np.asarray(data.variables[name].values)
        if values.dtype.kind in "fiub":
            digest.update(f"{name} {values.dtype} {values.shape}".encode())
            digest.update(np.ascontiguousarray(values).data)
        else:
            digest.update(f"{name} {values.astype('U').tolist()}".encode())
    return digest.hexdigest()
