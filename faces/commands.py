"""The commands of faces.py. What they need is imported when they run, so that --help is quick."""

from __future__ import annotations

from pathlib import Path

import click

from errors import StoppedError


@click.group()
def faces() -> None:
    """Face recognition, from folders of images to figures."""


@faces.command()
@click.argument("folder", type=Path)
@click.option("--out", type=Path, default="landmarks.csv", show_default=True)
def landmarks(folder: Path, out: Path) -> None:
    """Find five landmarks in every image of FOLDER/person/; goes on where it was stopped."""
    from faces.folder import read_folder
    from faces.landmarks import find_landmarks
    from faces.mtcnn import mtcnn

    images = read_folder(folder)
    try:
        found = find_landmarks(images, mtcnn(), out)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {out} has what was found; the same command goes on") from None
    missed = [image for image, points in found.items() if points is None]
    for image in missed:
        click.echo(f"no face: {image}")
    share = 100 * (1 - len(missed) / len(found))
    click.echo(f"{len(found) - len(missed):,} of {len(found):,} images have a face ({share:.2f} %) -> {out}")
