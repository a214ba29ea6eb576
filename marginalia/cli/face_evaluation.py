"""How well a recogniser tells faces apart: on pairs of images, on verification sets, on videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from marginalia.cli.face_inputs import MODELS, folder_of, recogniser
from marginalia.config.places import outputs_path
from marginalia.config.run_config import DEVICES
from marginalia.core.errors import InputError, StoppedError
from marginalia.core.names import file_name


@click.command()
@click.option("--data", type=Path, help="Folder of images, one folder a person; or a .rec, or shards.")
@click.option("--videos", type=Path, help="Folder PERSON/VIDEO/ of frames instead of DATA, with --splits.")
@click.option("--splits", type=Path, help="splits.txt of YouTube Faces.")
@click.option("--frames", type=click.IntRange(1), help="So many of each video, evenly spaced.  [default: all]")
@click.option(
    "--set", "sets", type=Path, multiple=True, help="A verification set .bin instead of DATA; may be repeated."
)
@click.option(
    "--pairs", type=Path, help="LFW's pairs.txt; without it, all pairs of images of people that it was not trained on."
)
@click.option("--model", required=True, help=MODELS)
@click.option("--fusion", type=click.Choice(["none", "concat", "sum"]), default="none", show_default=True,
              help="What becomes of the features of the mirrored image.")  # fmt: skip
@click.option("--subtract-mean", is_flag=True, help="Subtract the mean feature of the other folds.")
@click.option("--like-sphereface", is_flag=True, help="As SphereFace's evaluation.m does it.")
@click.option("--fold", type=click.IntRange(1), help="Test this fold only.")
@click.option("--skip-missing", is_flag=True, help="Leave out pairs whose images are missing.")
@click.option(
    "--out", type=Path, default=lambda: outputs_path() / "faces" / "evaluation", show_default="outputs/faces/evaluation"
)
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
def evaluate(
    data: Path | None, videos: Path | None, splits: Path | None, frames: int | None, sets: tuple[Path, ...],
    pairs: Path | None, model: str, fusion: str, subtract_mean: bool, like_sphereface: bool, fold: int | None,
    skip_missing: bool, out: Path, device: str,
) -> None:  # fmt: skip
    """Decide whether pairs of images show the same person, and measure how often that is right."""
    if sum(map(bool, (data, videos, sets))) != 1:
        raise InputError("one of --data, --set and --videos is needed, and only one: what is tested?")
    if data is None and (pairs or fold or subtract_mean or like_sphereface or fusion != "none" or skip_missing):
        given = "--set" if sets else "--videos"
        raise InputError(f"{given} has pairs and folds of its own; give it with --model, --out and --device")
    if (videos is None) != (splits is None) or (frames and videos is None):
        raise InputError("--videos and --splits belong together, and --frames to them")
    if pairs is None and (fold is not None or subtract_mean or like_sphereface):
        raise InputError("--fold, --subtract-mean and --like-sphereface ask for the folds of --pairs; give them too")
    if like_sphereface:
        if fusion != "none" or subtract_mean:
            raise InputError(
                "--like-sphereface is concat with means subtracted; leave --fusion and --subtract-mean out"
            )
        fusion, subtract_mean = "concat", True
    try:
        if data is not None:
            ways = {"fusion": fusion, "subtract_mean": subtract_mean, "sphereface": like_sphereface}
            on_pairs(data, pairs, model, device, out, ways | {"fold": fold, "skip_missing": skip_missing})
        elif videos is not None and splits is not None:
            on_videos(videos, splits, frames, model, device, out)
        else:
            on_sets(sets, model, device, out)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {out / 'features'} has what was computed; the same command goes on") from None


def on_pairs(data: Path, pairs: Path | None, model: str, device: str, out: Path, ways: dict[str, Any]) -> None:
    """All figures on the pairs of a file, or on all pairs."""
    from marginalia.core.files import write_whole
    from marginalia.faces.evaluation import EvaluationConfig, as_lines, write_figures
    from marginalia.faces.evaluation import evaluate as measure
    from marginalia.faces.pairs import read_pairs
    from marginalia.faces.roc_plot import RocSheet
    from marginalia.viz.style import Style

    config = EvaluationConfig(**ways)
    content = None if pairs is None else read_pairs(pairs)
    embedder = recogniser(model, device)
    figures = measure(embedder, folder_of(data), content, config, out / "features")
    for line in as_lines(figures):
        click.echo(line)
    for path in getattr(embedder, "without_face", []):
        click.echo(f"no face found, the middle was taken: {file_name(path)}")
    name = embedder.name + config.suffix()
    asked = {"data": str(data), "pairs": str(pairs), "model": model, "mark": embedder.mark.hex(), **vars(config)}
    write_figures(out / f"{name}.json", figures, asked)
    write_whole(out / f"{name}_roc.png", RocSheet({embedder.name: figures.curve}, Style()).png())
    click.echo(f"{out / name}.json, {out / name}_roc.png")


def on_sets(paths: tuple[Path, ...], model: str, device: str, out: Path) -> None:
    """A table of verification sets."""
    from marginalia.faces.benchmark import as_table, evaluate_set, write_sets
    from marginalia.faces.verification_set import read_set, require_testable

    found = [read_set(path) for path in paths]
    require_testable(found)
    embedder = recogniser(model, device)
    figures = [evaluate_set(embedder, pairs, out / "features") for pairs in found]
    for line in as_table(figures):
        click.echo(line)
    place = out / f"{embedder.name}_{'_'.join(path.stem for path in paths)}.json"
    write_sets(place, figures, "squared_distances", -1.0)
    click.echo(place)


def on_videos(videos: Path, splits: Path, frames: int | None, model: str, device: str, out: Path) -> None:
    """The accuracy on pairs of videos."""
    from marginalia.faces.benchmark import SetFigures, write_sets
    from marginalia.faces.videos import evaluate_videos, read_splits

    pairs = read_splits(splits)
    embedder = recogniser(model, device)
    found, used = evaluate_videos(embedder, videos, pairs, frames, out / "features")
    click.echo(f"{len(pairs.same):,} pairs of {len({*pairs.left, *pairs.right}):,} videos, {used:,} frames")
    known = pairs.showing(embedder.seen)
    if known:
        click.echo(f"{known:,} of them show people it was trained on: this figure is no test of it")
    click.echo(f"accuracy {found.mean:.4f} +- {found.error:.4f} (standard error), {len(found.folds)} splits")
    place = out / f"{embedder.name}_{splits.stem}{f'_{frames}-frames' if frames else ''}.json"
    write_sets(place, [SetFigures(splits.stem, len(pairs.same), None, found)], "thresholds")
    click.echo(place)
