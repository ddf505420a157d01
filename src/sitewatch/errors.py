"""Every error that sitewatch raises on purpose.

    SitewatchError                  exit 1   HTTP 500
    ├── UsageError                  exit 2   HTTP 400   the command cannot be understood
    ├── ProviderError               exit 3   HTTP 502   a source did not deliver
    ├── InputError                  exit 4   HTTP 422   what was given cannot be used
    │   ├── CaseFileError                               a file of the case is wrong: names file, line, key
    │   ├── BusyError               exit 4   HTTP 409   another process is writing to the case
    │   ├── ConflictError           exit 4   HTTP 409   somebody else changed the same file meanwhile
    │   ├── ImageError                                  an image cannot be read
    │   ├── AreaError                                   the area and the images do not meet
    │   └── NotEnoughLooksError                         too few clear, dated looks to say anything
    └── VerificationError           exit 5   HTTP 409   a hash or a number does not match its record

A message says what is wrong and what to do next.
"""

from __future__ import annotations

from pathlib import Path


class SitewatchError(Exception):
    """Base of the tree; catch it to catch everything that sitewatch raises on purpose."""

    exit_code = 1
    http_status = 500


class UsageError(SitewatchError):
    """The command or call cannot be understood."""

    exit_code = 2
    http_status = 400


class ProviderError(SitewatchError):
    """A source of images did not deliver; what was kept so far stays kept."""

    exit_code = 3
    http_status = 502


class InputError(SitewatchError):
    """Something that was given cannot be used as it is."""

    exit_code = 4
    http_status = 422


class CaseFileError(InputError):
    """A file of the case is wrong; says where and what would be right."""

    def __init__(self, file: Path, line: int | None, key: str, problem: str, remedy: str) -> None:
        self.file, self.line, self.key = file, line, key
        where = f"{file}:{line}" if line else f"{file}"
        super().__init__(f"{where}: {key}: {problem}. {remedy}")


class BusyError(InputError):
    """Another process is writing to the case."""

    http_status = 409


class ConflictError(InputError):
    """Somebody else changed the same file of a case meanwhile; says which, who and when."""

    http_status = 409


class ImageError(InputError):
    """An image is unreadable, truncated or empty."""


class AreaError(InputError):
    """The area and the images, or the area and the Earth, do not meet."""


class NotEnoughLooksError(InputError):
    """Too few clear, dated looks at the site to say anything."""


class VerificationError(SitewatchError):
    """A hash, a log line or a recomputed number does not match its record."""

    exit_code = 5
    http_status = 409
