"""``python -m tools.cli_reference`` writes the commands' own help into docs/cli.md, between its two marks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sitewatch.cli import cli

__all__ = ["PAGE", "with_reference"]

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
_BEGIN, _END = "<!-- commands: written by `make docs` -->", "<!-- end of commands -->"


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(with_reference(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def with_reference(page: str) -> str:
    """The page with everything between its marks replaced by what the commands say of themselves."""
    before, rest = page.split(_BEGIN)
    after = rest.split(_END)[1]
    sections = "\n".join(_section(name, command) for name, command in _commands(cli))
    return f"{before}{_BEGIN}\n\n{sections}\n{_END}{after}"


def _commands(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name, a group before what it holds."""
    for name, command in group.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", part) for inner, part in _commands(command))


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"sitewatch {name}")
    paragraphs = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [record for option in command.params
            if isinstance(option, click.Option) and (record := option.get_help_record(context))]
    options = "\n".join(f"| `{_in_cell(names)}` | {' '.join(text.split())} |" for names, text in rows)
    table = [f"| option | what it does |\n|---|---|\n{options}"] if rows else []
    return "\n\n".join([f"### sitewatch {name}", f"`{usage}`", *paragraphs, *table]) + "\n"


def _in_cell(text: str) -> str:
    """A bar would end the table's cell."""
    return text.replace("|", r"\|")


if __name__ == "__main__":
    main()
