"""Two photographs compared: found, aligned, scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from marginalia.core.errors import InputError
from marginalia.data.images import USUAL, read_pixels, read_shrunk
from marginalia.data.measure import measure
from marginalia.faces.align import as_file, crop
from marginalia.faces.embedder import Embedder
from marginalia.faces.mtcnn import mtcnn


@dataclass(frozen=True)
class Pixels:
    """An image in memory, read as if it were a file. source: where it comes from."""

    source: Path
    content: np.ndarray

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        return as_file(self.content)

    def __str__(self) -> str:
        return str(self.source)


def compare(embedder: Embedder, paths: Sequence[Path], fusion: str, aligned: bool) -> tuple[list[np.ndarray], float]:
    """The crops of two images, uint8 (H, W, 3), and their score. aligned: they are crops already.

    Raises InputError for an image that cannot be read or has no face.
    """
    crops = whole(paths) if aligned or embedder.crops is None else found_faces(paths, embedder.crops)
    images = [Pixels(path, pixels) for path, pixels in zip(paths, crops, strict=True)]
    features = embedder.embed(images, USUAL, False)
    if fusion != "none":
        mirrored = embedder.embed(images, USUAL, True)
        features = features + mirrored if fusion == "sum" else np.concatenate((features, mirrored), axis=1)
    return crops, float(embedder.similarity(features[:1], features[1:])[0])


def whole(paths: Sequence[Path]) -> list[np.ndarray]:
    return [read_pixels(path, "RGB", measure([path])) for path in paths]


def found_faces(paths: Sequence[Path], size: str) -> list[np.ndarray]:
    detect = mtcnn()
    crops = []
    for path in paths:
        pixels, _ = read_shrunk(path, measure([path]))
        landmarks = detect(pixels)
        if landmarks is None:
            raise InputError(f"{path}: no face is found; --aligned takes the image as it is")
        crops.append(crop(pixels, landmarks, size))
    return crops
