"""Landmarks, alignment, training, evaluation and t-SNE of faces.

python -m marginalia faces --help

What the commands need is imported when they run, so that --help is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from marginalia.cli.face_evaluation import evaluate
from marginalia.cli.face_inputs import folder_of, recogniser, say
from marginalia.cli.face_templates import templates
from marginalia.config.places import outputs_path
from marginalia.config.run_config import DEVICES, PRECISIONS
from marginalia.core.errors import InputError, StoppedError
from marginalia.core.names import file_name

SETTINGS = (
    click.option(
        "--backbone",
        help="conv4, sphere4, sphere20, ir50, resnet50, mobilenet_v3_large, … (faces/backbones.py).",
    ),
    click.option("--size", help="Of the input, HEIGHTxWIDTH; images of another size are scaled."),
    click.option("--dimension", type=int, help="Of the learnt features."),
    click.option("--epochs", type=int),
    click.option("--batch-size", type=int, help="Of all processes together."),
    click.option("--lr", type=float, help="Peak learning rate."),
    click.option("--schedule", type=click.Choice(["cosine", "step"])),
    click.option("--sample-rate", type=float, help="Share of the classes that a step looks at."),
    click.option("--min-images", type=int, help="People with fewer images are left out."),
    click.option("--validation", type=float, help="Share of the people who are not trained on but validate."),
)


def recipe_settings(command: Any) -> Any:
    for option in reversed(SETTINGS):
        command = option(command)
    return command


allow_missing = click.option("--allow-missing", is_flag=True, help="Go on when listed names match nothing.")


@click.group()
def faces() -> None:
    """Face recognition, from folders of images to figures."""


@faces.command()
@click.argument("folder", type=Path)
@click.option("--out", type=Path, default="landmarks.csv", show_default=True)
def landmarks(folder: Path, out: Path) -> None:
    """Find five landmarks in every image of FOLDER/person/; goes on where it was stopped."""
    from marginalia.faces.landmarks import find_landmarks
    from marginalia.faces.mtcnn import mtcnn

    images = folder_of(folder)
    try:
        found, unreadable = find_landmarks(images, mtcnn(), out)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {out} has what was found; the same command goes on") from None
    missed = [image for image, points in found.items() if points is None]
    for image in missed:
        click.echo(f"no face: {file_name(image)}")
    for reason in unreadable:
        click.echo(reason)
    faces_found = len(found) - len(missed)
    share = 100 * faces_found / len(images)
    click.echo(f"{faces_found:,} of {len(images):,} images have a face ({share:.2f} %) -> {out}")


@faces.command()
@click.argument("folder", type=Path)
@click.option("--landmarks", "table", type=Path, default="landmarks.csv", show_default=True)
@click.option("--out", type=Path, required=True, help="Folder of the crops.")
@click.option("--size", type=click.Choice(["112x96", "112x112"]), default="112x96", show_default=True)
@click.option("--skip-missing", is_flag=True, help="Leave out images without landmarks.")
@allow_missing
def align(folder: Path, table: Path, out: Path, size: str, skip_missing: bool, allow_missing: bool) -> None:
    """Crop every image of FOLDER/person/ so that eyes, nose and mouth are at the standard places."""
    from marginalia.faces.align import align_folder
    from marginalia.faces.landmarks import landmarks_of

    images = folder_of(folder)
    found, line = landmarks_of(images, table, allow_missing)
    say(line)
    without = align_folder(images, found, out, size, skip_missing)
    for image in without:
        click.echo(f"left out: {file_name(image)}")
    click.echo(f"{len(images) - len(without):,} crops of {size} -> {out}")


@faces.command()
@click.argument("folder", type=Path)
@click.option("--out", type=Path, required=True,
              help="A file .rec, with .idx, .names and property beside it; or shards, faces-%06d.tar.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
def pack(folder: Path, out: Path, overwrite: bool) -> None:
    """Pack FOLDER/person/ as insightface does, or for WebDataset; the images are not encoded anew."""
    from marginalia.faces import packed, shards

    if out.suffix not in (packed.SUFFIX, shards.SUFFIX):
        raise InputError(f"--out {out} must end with {packed.SUFFIX} or {shards.SUFFIX}")
    to_shards = out.suffix == shards.SUFFIX
    there = shards.written_shards(out) if to_shards else [path for path in [out] if path.exists()]
    if there and not overwrite:
        raise InputError(f"{there[0]} is there already; add --overwrite to replace it")
    images = folder_of(folder)
    (shards.write_shards if to_shards else packed.pack_folder)(images, out)
    click.echo(f"{len(images):,} images of {len(images.people):,} people -> {out}")


@faces.command()
@click.option("--data", type=Path, required=True, help="Folder of crops, one folder a person; or a .rec, or shards.")
@click.option("--head", default="CosFace", show_default=True, help="A row of marginalia/faces/heads.json.")
@click.option("--s", type=float, help="Scale of the head.")
@click.option("--m", type=float, help="Margin of the head.")
@click.option("--recipe", default="small", show_default=True, help="A row of marginalia/faces/recipes.json.")
@recipe_settings
@click.option("--exclude", type=Path, multiple=True, help="A file of people to leave out, a name a line.")
@click.option("--pairs", type=Path, help="LFW's pairs.txt, for --without-fold.")
@click.option("--without-fold", type=click.IntRange(1), help="Leave out everybody in this fold of the pairs.")
@allow_missing
@click.option("--out", type=Path, help="Folder of the training.  [default: outputs/faces/HEAD]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
@click.option("--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True)
@click.option("--workers", type=click.IntRange(0, 64), default=0, show_default=True, help="Processes that read images.")
@click.option("--overwrite", is_flag=True, help="Replace a training that is there already.")
def train(
    data: Path, head: str, s: float | None, m: float | None, recipe: str, exclude: tuple[Path, ...],
    pairs: Path | None, without_fold: int | None, allow_missing: bool, out: Path | None, seed: int, device: str,
    precision: str, workers: int, overwrite: bool, **settings: Any,
) -> None:  # fmt: skip
    """Train a recogniser of the people in DATA, under torchrun on several processes; goes on where it was stopped."""
    from marginalia.faces.heads import head_numbers
    from marginalia.faces.people import excluded, part, read_names
    from marginalia.faces.recipe import recipe_named

    changes = {key: value for key, value in settings.items() if value is not None}
    chosen = recipe_named(recipe, changes)
    folder = folder_of(data)
    lists = {str(path): read_names(path) for path in exclude}
    lists[f"{pairs}, fold {without_fold}"] = people_of_fold(pairs, without_fold)
    left_out: list[str] = []
    for source, names in lists.items():
        people, lines = excluded(names, folder, source, allow_missing)
        say(*lines)
        left_out += people
    parts = part(folder, chosen.min_images, left_out, chosen.validation, seed)
    numbers = head_numbers(head, len(parts.train.people), s, m)

    from marginalia.cli.face_training import run_face_training
    from marginalia.faces.backbones import meta_backbone
    from marginalia.faces.training_spec import TrainingSpec
    from marginalia.training.device import resolve_device, uses_bfloat16
    from marginalia.training.ranks import join_ranks, leave_ranks, local_device

    place = local_device(resolve_device(device))
    bfloat16 = uses_bfloat16(precision, place, meta_backbone(chosen.backbone, chosen.dimension, chosen.shape))
    training = TrainingSpec(head, numbers, chosen, seed, "bf16" if bfloat16 else "fp32")
    ranks = join_ranks(place)
    try:
        run_face_training(training, parts, out or outputs_path() / "faces" / head, ranks, place, overwrite, workers)
    finally:
        leave_ranks()


def people_of_fold(pairs: Path | None, fold: int | None) -> list[str]:
    """Everybody in one fold of a file of pairs."""
    from marginalia.faces.pairs import read_pairs

    if (pairs is None) != (fold is None):
        raise InputError("--pairs and --without-fold belong together")
    if pairs is None or fold is None:
        return []
    content = read_pairs(pairs)
    if fold > content.folds.max():
        raise InputError(f"--without-fold {fold}: {pairs} has {content.folds.max()} folds")
    return sorted(content.where(content.folds == fold).people())


@faces.command()
@click.option("--data", type=Path, required=True, help="Folder of images, one folder a person; or a .rec, or shards.")
@click.option("--model", required=True, help="The folder of a training, or dlib.")
@click.option("--ids", type=click.IntRange(2, 47), default=10, show_default=True, help="People shown.")
@click.option("--min-images", type=click.IntRange(2), default=20, show_default=True, help="That each of them has.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--out", type=Path, default=lambda: outputs_path() / "faces" / "tsne", show_default="outputs/faces/tsne")
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
def tsne(data: Path, model: str, ids: int, min_images: int, seed: int, out: Path, device: str) -> None:
    """Draw the features of a few random people by t-SNE: a picture, and a GIF of how it separates them."""
    from marginalia.core.files import write_whole
    from marginalia.faces.embeddings import fused
    from marginalia.faces.tsne import choose_people, walk
    from marginalia.faces.tsne_sheet import TsneSheet
    from marginalia.viz.labels import without_font
    from marginalia.viz.movie import movie_bytes, png_bytes
    from marginalia.viz.style import Style
    from marginalia.viz.timing import Timing

    chosen = choose_people(folder_of(data), ids, min_images, seed)
    embedder = recogniser(model, device)
    features = fused(embedder, chosen.paths(), chosen.reading, "none", out / "features")
    new = len(set(chosen.people) - embedder.seen)
    note = f"{len(chosen):,} images; {new} people not trained on"
    page = TsneSheet(walk(features, seed), chosen.labels, chosen.people, embedder.name, note, Style())
    path = out / f"{embedder.name}_seed-{seed}"
    write_whole(path.with_name(f"{path.name}.png"), png_bytes(page.image(page.count - 1)))
    write_whole(path.with_name(f"{path.name}.gif"), movie_bytes(page, Timing(0.08, 2.0), "gif"))
    say(without_font())
    click.echo(f"{path}.png, {path}.gif")


faces.add_command(evaluate)
faces.add_command(templates)
