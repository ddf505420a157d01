"""A case that kills the process that looks at it."""

from __future__ import annotations

import os
import signal

from sitewatch.watch._outcome import Outcome


def look(folder, at):
    if folder.name == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(folder=folder, title=folder.name, state="nothing new")
