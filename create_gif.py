"""Redraws what was trained before, in seconds and without torch: movies, slides, comparisons.

python create_gif.py --lossname CosFace_v1 --layout slide --theme dark
python create_gif.py --compare softmax --compare CosFace_v1 --split test
python create_gif.py --figure all
python create_gif.py --deck outputs/losses.pptx --lossname all
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from command_line import run_command
from errors import InputError
from training.snapshot import SPLITS, SplitName

if TYPE_CHECKING:
    from viz.movie import Timing
    from viz.style import Style

BOTH = "both"
SWEPT = ("s", "m1", "m2", "m3")
LAYOUTS = ("square", "slide", "plain")
OVERLAYS = ("regions", "margin", "centres", "errors")
MOVIES, STILLS = ("gif", "webp", "apng", "mp4"), ("png", "svg", "pdf")


@click.command()
@click.option("--lossname", "lossnames", multiple=True, help="A run: a folder in OUTPUTS; may be repeated; or 'all'.")
@click.option("--compare", "compared", multiple=True, help="A run beside others; give it 2 to 12 times.")
@click.option("--sweep", type=click.Choice(SWEPT), help="The runs like LOSSNAME with another value of this, compared.")
@click.option("--figure", help="A figure of the theory, or 'all': png, svg and pdf in OUTPUTS/figures.")
@click.option("--deck", type=Path, help="A PowerPoint file of the runs LOSSNAME, or 'all'.")
@click.option("--split", type=click.Choice([*SPLITS, BOTH]), default=BOTH, show_default=True)
@click.option("--layout", type=click.Choice(LAYOUTS), default="square", show_default=True)
@click.option("--view", type=click.Choice(["auto", "features", "circle", "both"]), default="auto", show_default=True)
@click.option(
    "--overlay", "overlays", multiple=True, type=click.Choice([*OVERLAYS, "none"]),
    default=("regions", "margin", "errors"), show_default=True, help="May be repeated.",
)  # fmt: skip
@click.option("--start-epoch", type=float, default=0, help="First epoch drawn.")
@click.option("--end-epoch", type=float, help="Last epoch drawn.")
@click.option(
    "--duration", type=click.FloatRange(0.02, 60), default=0.4, show_default=True, help="Seconds from epoch to epoch."
)
@click.option(
    "--hold", type=click.FloatRange(0, 600), default=2.0, show_default=True, help="Seconds of the last frame."
)
@click.option("--tween", type=click.IntRange(0, 50), default=0, help="Interpolated frames between two epochs.")
@click.option("--format", "kind", type=click.Choice([*MOVIES, *STILLS]), default="gif", show_default=True)
@click.option("--size", type=click.IntRange(200, 4000), default=720, show_default=True, help="Height in pixels.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--palette", default="petroff10", show_default=True, help="A colour sequence of matplotlib.")
@click.option("--transparent", is_flag=True, help="No background; png, svg and pdf only.")
@click.option("--config", "config_path", type=Path, default="config.json", show_default=True)
@click.option("--outputs", type=Path, default="outputs", show_default=True, help="Folder of all runs.")
def main(
    lossnames: tuple[str, ...], compared: tuple[str, ...], sweep: str | None, figure: str | None, deck: Path | None,
    split: str, layout: str, view: str, overlays: tuple[str, ...], start_epoch: float, end_epoch: float | None,
    duration: float, hold: float, tween: int, kind: str, size: int, theme: str, palette: str, transparent: bool,
    config_path: Path, outputs: Path,
) -> None:  # fmt: skip
    """Draw trained runs anew: frames, train.gif and test.gif, or whatever else is asked for."""
    import exports
    from training.config import read_config
    from viz.movie import Timing
    from viz.style import Style, require_palette

    if not math.isfinite(duration + hold):
        raise InputError("--duration and --hold must be finite numbers of seconds")
    if transparent and kind not in STILLS:
        raise InputError(f"--transparent is for stills: add --format {' or '.join(STILLS)}")
    require_palette(palette)
    style = Style(size, theme, palette, tuple(name for name in overlays if name != "none"), view, transparent)
    timing = Timing(duration, hold, tween)
    epochs = (start_epoch, end_epoch)
    splits = [chosen for chosen in SPLITS if split in (chosen, BOTH)]
    if figure is not None:
        show(exports.figures(figure, lossnames, read_config(config_path), outputs, style))
    elif deck is not None:
        click.echo(exports.deck(lossnames, read_config(config_path), outputs, deck, style, timing))
    elif not (compared or lossnames):
        raise InputError(f"--lossname is missing; {exports.runs_there(outputs)}")
    elif (compared or sweep) and kind not in MOVIES:
        raise InputError(f"a comparison is a movie: --format {' or '.join(MOVIES)}")
    elif compared:
        show(exports.compare(compared, outputs, splits, style, timing, kind, epochs))
    elif sweep:
        show(exports.sweep(lossnames[0], sweep, outputs, splits, style, timing, kind, epochs))
    else:
        for name in exports.runs_in(outputs) if "all" in lossnames else dict.fromkeys(lossnames):
            redraw(exports.run_folder(outputs, name), splits, style, timing, epochs, layout, kind)


def show(paths: Iterable[Path]) -> None:
    for path in paths:
        click.echo(path)


def redraw(
    folder: Path, splits: Sequence[SplitName], style: Style, timing: Timing,
    epochs: tuple[float, float | None], layout: str, kind: str,
) -> None:  # fmt: skip
    """The movies or the last still of one run; of a 3-D run also its last epoch, turning."""
    from exports import snapshot_span
    from training.store import read_run
    from viz.movie import draw_run, draw_still, draw_turn

    run = read_run(folder)
    span = snapshot_span(run, epochs)
    for split in splits:
        if kind in STILLS:
            click.echo(draw_still(run, folder, split, style, span[-1], layout, kind))
            continue
        click.echo(draw_run(run, folder, split, style, timing, span, kind == "gif", layout, kind))
        if run.snapshots[0].class_weights.shape[1] == 3:
            click.echo(draw_turn(run, folder, split, style, timing))


if __name__ == "__main__":
    run_command(main)
