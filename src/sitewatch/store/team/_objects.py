"""The bucket of a team store: what is no text, under the SHA-256 of its bytes, written once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from sitewatch.errors import InputError, ProviderError, VerificationError

__all__ = ["Objects"]

_BLOCK = 1 << 20
_AT_ONCE_BYTES = 8 * _BLOCK   # what is larger is sent in parts
_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,62}(/[A-Za-z0-9._-]+)*/?")


class Objects:
    """A bucket that speaks the S3 protocol; the AWS_* variables say who may use it and where it is."""

    def __init__(self, url: str) -> None:
        if not _URL.fullmatch(url):
            raise InputError(f"{url[:100]!r} is no bucket. Write s3://BUCKET or s3://BUCKET/FOLDER; its address and "
                             "credentials are read from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        self.url = url
        with self._asked("be opened"):
            self._store = S3Store.from_url(url, retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=60)})

    def check(self) -> None:
        """Raise ProviderError where the bucket does not answer."""
        with self._asked("be listed"):
            obstore.list_with_delimiter(self._store)

    def put(self, sha256: str, path: Path) -> None:
        """See that the file is there; VerificationError, and nothing is written, where it is not what it was."""
        size = path.stat().st_size
        with self._asked(f"take {path.name}"):
            if self._size(sha256) == size:
                return
            with path.open("rb") as file:
                read = iter(lambda: file.read(_BLOCK), b"")
                blocks = _checked(read, sha256, f"{path} changed while it was sent. Export again")
                obstore.put(self._store, sha256, b"".join(blocks) if size <= _AT_ONCE_BYTES else blocks)

    def get(self, sha256: str, what: str) -> Iterator[bytes]:
        """The bytes of an object; ends in VerificationError where they are not those that were put."""
        with self._asked(f"give {what}"):
            blocks = (bytes(block) for block in obstore.get(self._store, sha256).stream(min_chunk_size=_BLOCK))
            yield from _checked(blocks, sha256, f"the bucket {self.url} gives something else as {what} than was put "
                                f"there. Restore its object {sha256} from a copy")

    def _size(self, sha256: str) -> int | None:
        try:
            return obstore.head(self._store, sha256)["size"]
        except FileNotFoundError:
            return None

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        """Say in our own words what went wrong: the server's can hold a key or a signature."""
        try:
            yield
        except FileNotFoundError:
            raise VerificationError(f"the bucket {self.url} cannot {what}: it is not there. Restore the bucket from a "
                                    "copy") from None
        except BaseError as error:
            status = re.search(r"status code: (\d{3}[A-Za-z ]*)", str(error))
            why = status[1] if status else type(error).__name__
            raise ProviderError(f"the bucket {self.url} cannot {what} ({why}). Check AWS_ENDPOINT_URL, AWS_REGION, "
                                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then try again") from None


def _checked(blocks: Iterable[bytes], sha256: str, problem: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
        yield block
    if digest.hexdigest() != sha256:
        raise VerificationError(problem)
