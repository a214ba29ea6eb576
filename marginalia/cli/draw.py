"""Redraws what was trained before, in seconds and without torch: movies, slides, comparisons.

python create_gif.py --lossname CosFace_v1 --layout slide --theme dark
python create_gif.py --compare softmax --compare CosFace_v1 --split test
python create_gif.py --figure all
python create_gif.py --deck outputs/losses.pptx --lossname all
python create_gif.py --page outputs/losses.html --lossname softmax --lossname CosFace_v1
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marginalia.cli.options import config_option, outputs_option
from marginalia.core.errors import InputError, RunsFailedError
from marginalia.record.snapshot import SPLITS, Run

if TYPE_CHECKING:
    from marginalia.cli.exports import RenderOptions

BOTH = "both"
SHORTEST = 0.02
SWEPT = ("s", "m1", "m2", "m3")
LAYOUTS = ("square", "slide", "plain", "angles")
PROJECTIONS = ("means", "classes", "tsne")
OVERLAYS = ("regions", "margin", "centres", "errors")
MOVIES, STILLS = ("gif", "webp", "apng", "mp4"), ("png", "svg", "pdf")


@click.command()
@click.option("--lossname", "lossnames", multiple=True, help="A run: a folder in OUTPUTS; may be repeated; or 'all'.")
@click.option("--compare", "compared", multiple=True, help="A run beside others; give it 2 to 12 times.")
@click.option("--mark", is_flag=True, help="Of two runs compared: ring what the first gets right and the second wrong.")
@click.option("--sweep", type=click.Choice(SWEPT), help="The runs like LOSSNAME with another value of this, compared.")
@click.option("--figure", help="A figure of the theory, or 'all': png, svg and pdf in OUTPUTS/figures.")
@click.option("--deck", type=Path, help="A PowerPoint file of the runs LOSSNAME, or 'all'.")
@click.option("--page", type=Path, help="One HTML file to explore the runs LOSSNAME, or 'all'.")
@click.option("--records", is_flag=True, help="Draw the records that come with Marginalia, without training.")
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
    "--duration",
    type=click.FloatRange(0.02, 60),
    default=0.4,
    show_default=True,
    help="Mean seconds a snapshot.",
)
@click.option("--even", is_flag=True, help="Show every frame for the same time, not longer where more changes.")
@click.option(
    "--hold", type=click.FloatRange(0, 600), default=2.0, show_default=True, help="Seconds of the last frame."
)
@click.option("--tween", type=click.IntRange(0, 50), default=0, help="Interpolated frames between two snapshots.")
@click.option("--format", "kind", type=click.Choice([*MOVIES, *STILLS]), default="gif", show_default=True)
@click.option("--size", type=click.IntRange(200, 4000), default=720, show_default=True, help="Height in pixels.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--palette", default="petroff10", show_default=True, help="A colour sequence of matplotlib.")
@click.option(
    "--camera", type=click.Choice(["follow", "fixed", "log"]), default="follow", show_default=True,
    help="A scale for each frame, one for the run, or a logarithmic one.",
)  # fmt: skip
@click.option("--labels", type=Path, help="A JSON file with the captions in another language, as docs/labels/de.json.")
@click.option("--pull", default="", help="A class: arrows show where training moves its features.")
@click.option(
    "--projection", type=click.Choice(PROJECTIONS), default="means", show_default=True,
    help="More than three dimensions: PCA of the class means, the plane of three --classes, or t-SNE.",
)  # fmt: skip
@click.option("--classes", default="", help="Classes with colours and badges, as 3,7,9; the others are grey.")
@click.option("--features", type=Path, help="Draw a file of features: .npz, .csv or .parquet (docs/record.md).")
@click.option("--transparent", is_flag=True, help="No background; png, svg and pdf only.")
@config_option
@outputs_option
def draw(
    lossnames: tuple[str, ...], compared: tuple[str, ...], mark: bool, sweep: str | None, figure: str | None,
    deck: Path | None, page: Path | None, records: bool, split: str, layout: str, view: str, overlays: tuple[str, ...],
    start_epoch: float, end_epoch: float | None, duration: float, even: bool, hold: float, tween: int, kind: str,
    size: int, theme: str, palette: str, camera: str, labels: Path | None, pull: str, projection: str, classes: str,
    features: Path | None, transparent: bool, config: Path, outputs: Path,
) -> None:  # fmt: skip
    """Draw trained runs anew: frames, train.gif and test.gif, or whatever else is asked for."""
    click.get_current_context().call_on_close(say_what_has_no_font)
    from marginalia.cli import exports
    from marginalia.config.config_file import read_config
    from marginalia.config.run_config import ALL
    from marginalia.viz.style import Style, require_palette
    from marginalia.viz.timing import Timing
    from marginalia.viz.words import ENGLISH, read_words

    require_possible(
        {"--compare": bool(compared), "--sweep": sweep, "--figure": figure, "--deck": deck, "--page": page},
        lossnames,
        kind,
        transparent,
    )
    if pull and (camera == "log" or view == "circle" or page is not None):
        raise InputError("--pull draws arrows over the features: not with --camera log, --view circle or --page")
    if mark and len(set(compared)) != 2:
        raise InputError("--mark is for two runs side by side: give --compare twice")
    if not math.isfinite(duration + hold) or duration < SHORTEST * (tween + 1):
        raise InputError(f"--duration {duration:g} with --tween {tween}: a frame stands for at least {SHORTEST} s")
    require_palette(palette)
    words = ENGLISH if labels is None else read_words(labels)
    overlays = () if "none" in overlays else overlays
    chosen = tuple(name.strip() for name in classes.split(",") if name.strip())
    style = Style(size, theme, palette, overlays, view, transparent, camera, pull, words, projection, chosen)
    timing, epochs = Timing(duration, hold, tween, even), (start_epoch, end_epoch)
    if features is not None:
        from marginalia.cli.features import recorded_features

        lossnames = (recorded_features(features, outputs),)
    if records:
        from marginalia.record.included import unpacked

        named = {*lossnames, *compared}
        outputs = unpacked(outputs, () if sweep or ALL in named else named)
    options = exports.RenderOptions(outputs, [s for s in SPLITS if split in (s, BOTH)], style, timing, kind, epochs)
    if figure is not None:
        show(exports.figures(figure, lossnames, read_config(config), outputs, style))
    elif deck is not None:
        click.echo(exports.deck(lossnames, read_config(config), deck, options))
    elif page is not None:
        from marginalia.cli.pages import export_page

        click.echo(export_page(lossnames, read_config(config), page, options))
    elif compared:
        show(exports.compare(tuple(dict.fromkeys(compared)), options, mark=mark, plain=layout == "plain"))
    elif sweep:
        show(exports.sweep(lossnames[0], sweep, options, plain=layout == "plain"))
    else:
        names = exports.runs_in(outputs) if ALL in lossnames else list(dict.fromkeys(lossnames))
        if not names:
            raise InputError(f"--lossname is missing; {exports.runs_there(outputs)}")
        for name in names:
            exports.run_folder(outputs, name)
        redraw_all(names, options, layout)


def require_possible(modes: dict[str, object], lossnames: tuple[str, ...], kind: str, transparent: bool) -> None:
    """InputError for options that contradict each other."""
    given = [name for name, value in modes.items() if value]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} are different pictures; ask for one at a time")
    if transparent and kind not in STILLS and "--figure" not in given:
        raise InputError(f"--transparent is for stills: add --format {' or '.join(STILLS)}")
    if kind in STILLS and given and given[0] in ("--compare", "--sweep"):
        raise InputError(f"{given[0]} makes movies: --format {' or '.join(MOVIES)}")
    if "--compare" in given and lossnames:
        raise InputError("--compare names its runs itself; leave --lossname away")
    if "--sweep" in given and len(lossnames) != 1:
        raise InputError("--sweep starts from one run: give --lossname once")


def say_what_has_no_font() -> None:
    from marginalia.viz.labels import without_font

    missing = without_font()
    if missing is not None:
        click.echo(missing)


def show(paths: Iterable[Path]) -> None:
    for path in paths:
        click.echo(path)


def redraw_all(names: Sequence[str], options: RenderOptions, layout: str) -> None:
    """One run after the other; if one of several cannot be drawn, the others are. Raises RunsFailedError then."""
    if len(names) == 1:
        redraw(names[0], options, layout)
        return
    failures = [name for name in names if not attempt(name, options, layout)]
    if failures:
        raise RunsFailedError(f"{len(failures)} of {len(names)} runs failed: {', '.join(failures)}; see above")


def attempt(name: str, options: RenderOptions, layout: str) -> bool:
    """One run of several: whether it could be drawn."""
    try:
        redraw(name, options, layout)
    except InputError as error:
        click.echo(f"{name}: {error}", err=True)
        return False
    return True


def splits_of(run: Run, wanted: Sequence[str]) -> Sequence[str]:
    """Those of `wanted`, or of "both" those that the run has, under whatever names, but for those of other classes."""
    there = [split for split in run.snapshots[0].splits if split not in run.splits_of_other_classes]
    return there if list(wanted) == list(SPLITS) else wanted


def redraw(name: str, options: RenderOptions, layout: str) -> None:
    """The movies or the last still of one run; of a 3-D run also its last epoch, turning."""
    from marginalia.cli.exports import run_folder, snapshot_span
    from marginalia.record.store import read_run
    from marginalia.viz.movie import draw_run, draw_still, draw_turn

    folder, kind = run_folder(options.outputs, name), options.kind
    run = read_run(folder)
    span = snapshot_span(run, options.epochs)
    for split in splits_of(run, options.splits):
        if kind in STILLS:
            click.echo(draw_still(run, folder, split, options.style, span[-1], layout, kind))
            continue
        click.echo(draw_run(run, folder, split, options.style, options.timing, span, kind == "gif", layout, kind))
        if kind == "gif" and run.dimension == 3:
            click.echo(draw_turn(run, folder, split, options.style))
