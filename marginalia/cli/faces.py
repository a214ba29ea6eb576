"""Landmarks, alignment, training, evaluation and t-SNE of faces.

python -m marginalia faces --help

What the commands need is imported when they run, so that --help is quick.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from marginalia.cli.face_evaluation import evaluate
from marginalia.cli.face_inputs import MODELS, allow_missing, folder_of, plain_folder_of, recogniser, say
from marginalia.cli.face_takeaway import embed, export, verify
from marginalia.cli.face_templates import templates
from marginalia.cli.face_train import train
from marginalia.config.places import outputs_path
from marginalia.config.run_config import DEVICES
from marginalia.core.errors import InputError, StoppedError
from marginalia.core.names import listed

SHOWN = 3


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@click.group()
def faces() -> None:
    """Face recognition, from folders of images to figures."""


@faces.command()
@click.argument("folder", type=Path)
@click.option("--out", type=Path, default="landmarks.csv", show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=cores, show_default="one a core",
              help="Images that are looked at at a time.")  # fmt: skip
def landmarks(folder: Path, out: Path, workers: int) -> None:
    """Find five landmarks in every image of FOLDER/person/; goes on where it was stopped.

    Ends with exit code 1 if an image cannot be read.
    """
    from marginalia.faces.landmarks import find_landmarks
    from marginalia.faces.mtcnn import mtcnn

    images = plain_folder_of(folder)
    try:
        found, unreadable = find_landmarks(images, mtcnn(), out, workers)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {out} has what was found; the same command goes on") from None
    missed = [image for image, points in found.items() if points is None]
    tell("no face is found in", missed, out.with_suffix(".no-face.txt"))
    faces_found = len(found) - len(missed)
    share = 100 * faces_found / len(images)
    click.echo(f"{faces_found:,} of {len(images):,} images have a face ({share:.2f} %) -> {out}")
    if unreadable:
        for reason in unreadable[:SHOWN]:
            click.echo(reason, err=True)
        click.echo(f"{len(unreadable):,} images cannot be read; mend them, and the same command goes on", err=True)
        raise SystemExit(1)


def tell(what: str, images: list[str], path: Path) -> None:
    """How many images, the first few by name, and where all are listed; removes a list that is empty now."""
    from marginalia.core.files import write_whole

    if not images:
        path.unlink(missing_ok=True)
        return
    click.echo(f"{what} {len(images):,} images: {listed(images, SHOWN)}; all are in {path}")
    write_whole(path, "".join(f"{image}\n" for image in images).encode(errors="surrogateescape"))


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

    images = plain_folder_of(folder)
    found, line = landmarks_of(images, table, allow_missing)
    say(line)
    without = align_folder(images, found, out, size, skip_missing)
    tell("left out, without landmarks,", without, out.resolve().with_name(f"{out.resolve().name}.left-out.txt"))
    click.echo(f"{len(images) - len(without):,} crops of {size} -> {out}")


@faces.command()
@click.argument("folder", type=Path)
@click.option("--out", type=Path, required=True,
              help="A file .rec, with .idx, .names and property beside it; or shards, faces-%06d.tar.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace what is there already.")
def pack(folder: Path, out: Path, overwrite: bool) -> None:
    """Pack FOLDER/person/ as insightface does, or for WebDataset; the images are not encoded anew."""
    from marginalia.faces import packed, shard_packing, shards

    if out.suffix not in (packed.SUFFIX, shards.SUFFIX):
        raise InputError(f"--out {out} must end with {packed.SUFFIX} or {shards.SUFFIX}")
    if folder.suffix == out.suffix == packed.SUFFIX:
        raise InputError(f"{folder} is packed already; copy it, with .idx, .names and property beside it")
    to_shards = out.suffix == shards.SUFFIX
    files = shard_packing.written_shards(out) if to_shards else packed.files_of(out)
    there = [file for file in files if file.exists()]
    if there and not overwrite:
        raise InputError(f"{there[0]} is there already; add --overwrite to replace it, or choose another folder")
    images = folder_of(folder)
    (shard_packing.write_shards if to_shards else packed.pack_folder)(images, out)
    click.echo(f"{len(images):,} images of {len(images.people):,} people -> {out}")


@faces.command()
@click.option("--data", type=Path, required=True, help="Folder of images, one folder a person; or a .rec, or shards.")
@click.option("--model", required=True, help=MODELS)
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


faces.add_command(train)
for command in (embed, verify, export):
    faces.add_command(command)
faces.add_command(evaluate)
faces.add_command(templates)
