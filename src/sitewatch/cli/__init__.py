"""The command line: each command is one call of Case; nothing else in sitewatch prints."""

from sitewatch.cli._main import cli, main

__all__ = ["cli", "main"]
