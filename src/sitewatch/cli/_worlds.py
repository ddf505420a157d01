"""The commands on simulated worlds: what there is, and their images with the truth beside them."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from sitewatch.cli._options import JSON, PATH
from sitewatch.cli._output import say, shown, write_json
from sitewatch.cli._progress import progress_shown

__all__ = ["worlds"]


@click.group()
def worlds() -> None:
    """Imaginary places with known truth: would I see a 12 m shed in 3 m images?"""


@worlds.command("list")
@JSON
def list_worlds(as_json: bool) -> None:
    """List the worlds that come with sitewatch."""
    from sitewatch.cli._tables import worlds_table
    from sitewatch.sources.simulated import read_world, world_names

    found = [read_world(name) for name in world_names()]
    if as_json:
        write_json({"worlds": [{"name": world.name, "title": world.title, "about": world.about,
                                "latitude": world.latitude, "size_m": list(world.size_m),
                                "sensors": sorted({series.sensor for series in world.series})} for world in found]})
    else:
        click.echo(worlds_table(found))


@worlds.command()
@click.argument("world", metavar="WORLD")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True,
              help="Other days, weather and fields; the script stays.")
@JSON
def render(world: str, folder: Path, seed: int, as_json: bool) -> None:
    """Write the images of a world, and what is really there.

    WORLD is a name that `sitewatch worlds list` shows, or the YAML file of a world of your own. DIR/scenes gets
    GeoTIFFs, masks and STAC items as a provider would deliver them, DIR/truth the outlines, heights and days of what
    stands there. A rerun goes on where an earlier one was stopped.
    """
    from sitewatch.sources.simulated import deliver, read_world

    with progress_shown() as progress:
        made = deliver(read_world(world), seed, folder, progress)
    scenes = len(list((made / "scenes").glob("sim-*.json")))
    if as_json:
        write_json({"folder": str(made), "scenes": scenes})
    else:
        click.echo(f"{scenes} scenes: {shown(made / 'scenes')}\ntruth: {shown(made / 'truth')}")
        say(f"next: sitewatch new CASE --images {quote(str(made / 'scenes'))}")
