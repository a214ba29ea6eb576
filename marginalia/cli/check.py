"""Checks a loss: one line for each thing that can go wrong, and a picture.

python -m marginalia check my_loss.py:ArcFaceLi
"""

from __future__ import annotations

from pathlib import Path

import click

from marginalia.cli.options import config_option
from marginalia.core.errors import InputError

MOST_CLASSES, MOST_DIMENSIONS = 1000, 512


@click.command()
@click.argument("loss")
@click.option("--classes", type=click.IntRange(2, MOST_CLASSES), default=10, show_default=True)
@click.option(
    "--dimension", type=click.IntRange(2, MOST_DIMENSIONS), default=2, show_default=True, help="Of a feature."
)
@click.option("--out", type=Path, default=Path("check.png"), show_default=True, help="The picture.")
@config_option
def check(loss: str, classes: int, dimension: int, out: Path, config: Path) -> int:
    """Check LOSS, a loss of config.json or FILE.py:NAME of your own, in a few seconds.

    Every line begins with ok, note or wrong. The exit code is 1 if anything is wrong.
    """
    from marginalia.config.config_file import read_config
    from marginalia.core.files import write_whole
    from marginalia.losses.checking import examine
    from marginalia.losses.probe import Probe
    from marginalia.losses.registry import build_head
    from marginalia.viz.loss_sheet import LossPicture, loss_png, places
    from marginalia.viz.style import Style

    if out.suffix != ".png":
        raise InputError(f"--out {out} must end with .png")
    spec = read_config(config).loss(loss, dimension)
    code = getattr(spec, "code", None)
    found = examine(Probe(build_head(spec, dimension, classes, "even"), code), places())
    for finding in found.findings:
        click.echo(f"{finding.verdict:5}  {finding.text}")
    wrong = sum(finding.verdict == "wrong" for finding in found.findings)
    if found.values is not None:
        marks = [finding.mark for finding in found.findings if finding.mark is not None]
        line = f"{classes} classes in {dimension} dimensions: {wrong or 'nothing'} wrong"
        title = loss if code is None else code.name
        picture = LossPicture(title, line, found.name, found.values, marks, classes, found.arrows)
        write_whole(out, loss_png(picture, Style()))
        click.echo(out)
    return int(wrong > 0)
