"""Writes the playground and opens it.

python -m marginalia playground
"""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from marginalia.cli.options import config_option
from marginalia.core.errors import InputError

TRAIN, HELD_OUT, SEED = 8000, 2000, 0
FIRST = "ArcFace_v3"


@click.command()
@click.option("--out", type=Path, default=Path("playground.html"), show_default=True)
@click.option("--open/--no-open", "opens", default=True, show_default=True, help="Open it in the browser.")
@config_option
def playground(out: Path, opens: bool, config: Path) -> None:
    """Write a page in which a small network learns digits while you move the margin."""
    from marginalia.config.config_file import read_config
    from marginalia.data.mnist import load_mnist
    from marginalia.draw import written
    from marginalia.viz.playground.assemble import playground_bytes

    if out.suffix != ".html":
        raise InputError(f"--out {out} must end with .html")
    data, presets = load_mnist(), read_config(config).margins()
    train, test = data.train.sample(TRAIN, SEED), data.test.sample(HELD_OUT, SEED)
    first = FIRST if FIRST in presets else next(iter(presets))
    content = playground_bytes((train.images, train.labels), (test.images, test.labels), presets, first)
    click.echo(written(out, content))
    if opens:
        webbrowser.open(out.resolve().as_uri())
