"""What a trained recogniser is taken away for: features of images, two faces compared, files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from marginalia.cli.face_inputs import MODELS, folder_of, recogniser
from marginalia.config.run_config import DEVICES
from marginalia.core.errors import InputError, StoppedError
from marginalia.core.names import file_name

IMAGES_TO_CHECK = 64
device_option = click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)


@click.command()
@click.argument("folder", type=Path)
@click.option("--model", required=True, help=MODELS)
@click.option("--out", type=Path, required=True, help="A file .parquet or .npz.")
@click.option("--fusion", type=click.Choice(["none", "concat", "sum"]), default="none", show_default=True,
              help="What becomes of the features of the mirrored image.")  # fmt: skip
@device_option
def embed(folder: Path, model: str, out: Path, fusion: str, device: str) -> None:
    """Write the features of all images of FOLDER into a table: image, label, x0, x1, …"""
    from marginalia.faces.embeddings import fused
    from marginalia.faces.features_table import SUFFIXES, write_features

    if out.suffix not in SUFFIXES:
        raise InputError(f"--out {out} must end with {' or '.join(SUFFIXES)}")
    images = folder_of(folder)
    embedder = recogniser(model, device)
    cache = out.with_name(f".{out.name}.features")
    try:
        features = fused(embedder, images.paths(), images.reading, fusion, cache)
    except KeyboardInterrupt:
        raise StoppedError("stopped; the same command goes on with the features that were computed") from None
    write_features(out, images, features)
    for file in cache.iterdir():
        file.unlink()
    cache.rmdir()
    click.echo(f"{len(images):,} images of {len(images.people):,} people, {features.shape[1]} features each -> {out}")


@click.command()
@click.argument("left", type=Path)
@click.argument("right", type=Path)
@click.option("--model", required=True, help=MODELS)
@click.option("--figures", type=Path, help="The JSON of faces evaluate --pairs, for the threshold.")
@click.option("--far", default=0.01, show_default=True, help="Share of different people that the threshold accepts.")
@click.option("--aligned", is_flag=True, help="Both images are crops already.")
@click.option("--out", type=Path, default="verify.png", show_default=True, help="A picture of both crops.")
@device_option
def verify(
    left: Path, right: Path, model: str, figures: Path | None, far: float, aligned: bool, out: Path, device: str
) -> None:
    """Do LEFT and RIGHT show the same person? Detects, aligns and compares the most central face of each."""
    from marginalia.core.files import write_whole
    from marginalia.faces.thresholds import threshold_of
    from marginalia.faces.verification import compare
    from marginalia.faces.verify_sheet import VerifySheet
    from marginalia.viz.movie import png_bytes
    from marginalia.viz.style import Style

    embedder = recogniser(model, device)
    threshold = None if figures is None else threshold_of(figures, far, embedder.mark)
    crops, score = compare(embedder, [left, right], threshold.fusion if threshold else "none", aligned)
    if threshold is None:
        answer = f"score {score:.3f}"
        note = f"{embedder.name}; --figures with the JSON of an evaluation tells the threshold"
    else:
        answer = f"{'the same person' if score >= threshold.value else 'two people'}: score {score:.3f}"
        accepted = f"which accepts {100 * far:g} % of different people"
        note = f"{embedder.name}; the same from {threshold.value:.3f} on, {accepted}"
    click.echo(f"{answer} ({note})")
    pictures = [(file_name(path.name), crop) for path, crop in zip((left, right), crops, strict=True)]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, png_bytes(VerifySheet(pictures, answer, note, Style()).image(0)))
    click.echo(out)


@click.command()
@click.option("--model", type=Path, required=True, help="The folder of a training, or its best.safetensors.")
@click.option("--format", "kind", type=click.Choice(["onnx", "torchscript", "safetensors"]), required=True)
@click.option("--out", type=Path, help="The file.  [default: MODEL.onnx, .pt or .safetensors]")
@click.option("--data", type=Path, help="Crops that the file is checked with.  [default: noise]")
def export(model: Path, kind: str, out: Path | None, data: Path | None) -> None:
    """Write the network of a training for other programs, and check that it gives the same features."""
    import torch

    from marginalia.faces.embedder import load_model
    from marginalia.faces.exporting import FORMATS
    from marginalia.faces.exporting import export as write

    embedder = load_model(model, torch.device("cpu"))
    assert embedder.recipe is not None
    out = out or Path(f"{embedder.name}{FORMATS[kind]}")
    if out.suffix != FORMATS[kind]:
        raise InputError(f"--out {out} must end with {FORMATS[kind]}")
    difference = write(embedder, embedder.recipe, kind, out, images_to_check(data, embedder.shape))
    what = "noise" if data is None else str(data)
    click.echo(f"{out}: images (N, 3, {embedder.shape[0]}, {embedder.shape[1]}), RGB, (x - 127.5) / 128")
    click.echo(f"features differ from the training's by {difference:.1g} of their length at most, on images of {what}")


def images_to_check(data: Path | None, shape: tuple[int, int]) -> Any:
    """uint8 (N, H, W, 3): some of a folder, evenly spaced, or noise."""
    from marginalia.data.images import read_pixels

    if data is None:
        return np.random.default_rng(0).integers(0, 256, (IMAGES_TO_CHECK, *shape, 3), dtype=np.uint8)
    folder = folder_of(data)
    chosen = np.linspace(0, len(folder) - 1, min(IMAGES_TO_CHECK, len(folder))).round().astype(int)
    return np.stack([read_pixels(folder.path(number), "RGB", folder.reading, shape) for number in chosen.tolist()])
