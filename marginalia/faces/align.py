"""Crops in which eyes, nose and mouth stand where they always stand."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.core.names import listed
from marginalia.data.images import Reading, read_shrunk
from marginalia.faces.folder import FaceFolder
from marginalia.faces.landmarks import Landmarks, scaled
from marginalia.faces.pairs import stem
from marginalia.progress import progress_bar

STANDARD = np.array(
    ((30.2946, 51.6963), (65.5318, 51.5014), (48.0252, 71.7366), (33.5493, 92.3655), (62.7299, 92.2041))
)
SIZES = {"112x96": 0.0, "112x112": 8.0}
KEPT: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"quality": 95}, "AVIF": {"quality": 95},
    "HEIF": {"quality": 95}, "PNG": {}, "TIFF": {}, "BMP": {}, "PPM": {}, "GIF": {},
}  # fmt: skip
SHOWN = 3


def standard_points(size: str) -> np.ndarray:
    """Where the five landmarks stand in a crop of this size, HEIGHTxWIDTH, (5, 2) of x, y. Source: SphereFace."""
    return STANDARD + np.array((SIZES[size], 0.0))


def similarity_transform(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The turn, scale and shift that bring points (N, 2) nearest to others, as a matrix (2, 3): target ~ A x + t.

    With points as complex numbers it is a line, w = a z + b, fitted by least squares: a holds turn and scale, so no
    reflection can come of it. Raises ValueError where all source points are one. Source: Umeyama, PAMI 1991.
    """
    z, w = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    spread = z - z.mean()
    size = np.square(np.abs(spread)).sum()
    if size == 0:
        raise ValueError("the landmarks are all in one place")
    a = (spread.conj() * (w - w.mean())).sum() / size
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def crop(pixels: np.ndarray, landmarks: np.ndarray, size: str) -> np.ndarray:
    """uint8 (H, W, 3) and its landmarks (5, 2) -> the aligned uint8 crop, black where it reaches over the edge."""
    height, width = map(int, size.split("x"))
    back = similarity_inverse(similarity_transform(landmarks, standard_points(size)))
    back[:, 2] += 0.5 - back[:, :2] @ (0.5, 0.5)  # Pillow counts from the corner of the first pixel, not its middle
    image = Image.fromarray(pixels)
    aligned = image.transform(
        (width, height), Image.Transform.AFFINE, tuple(back.ravel()), resample=Image.Resampling.BILINEAR
    )
    return np.asarray(aligned)


def similarity_inverse(matrix: np.ndarray) -> np.ndarray:
    inverse = np.linalg.inv(matrix[:, :2])
    return np.column_stack((inverse, -inverse @ matrix[:, 2]))


def align_folder(folder: FaceFolder, landmarks: Landmarks, out: Path, size: str, skip_missing: bool) -> list[str]:
    """Crops of all images in `out`, under their own names; returns the images left out.

    Usual formats are kept, others become PNG. Raises InputError that counts the images
    without landmarks, unless `skip_missing`.
    """
    without = [image for image in folder.images if landmarks.get(image) is None]
    if len(without) == len(folder):
        raise InputError(f"{folder.root}: none of its images is in the landmarks; were they made for this folder?")
    if without and not skip_missing:
        raise InputError(
            f"{len(without)} of {len(folder):,} images have no landmarks ({listed(without, SHOWN)}); "
            "--skip-missing leaves them out"
        )
    if out.resolve() == folder.root.resolve():
        raise InputError(f"--out {out} is the folder of the images themselves; choose another")
    names = crop_names(folder)
    with progress_bar(len(folder), "align") as bar:
        for image in folder.images:
            points = landmarks.get(image)
            if points is not None:
                save(out / names[image], aligned(folder.root / image, points, size, folder.reading))
            bar.update(1, image)
    return without


def aligned(path: Path, landmarks: np.ndarray, size: str, reading: Reading) -> np.ndarray:
    """As `crop`, of a file. Raises InputError if it cannot be read, or its landmarks are no face."""
    pixels, factor = read_shrunk(path, reading)
    try:
        return crop(pixels, scaled(landmarks, 1 / factor), size)
    except ValueError as error:
        raise InputError(f"{path}: {error}; remove its line from the landmarks") from None


@dataclass(frozen=True)
class AlignedImage:
    """An image that is cropped by its landmarks (5, 2) when it is read. size: HEIGHTxWIDTH of the crop."""

    file: Path
    landmarks: np.ndarray
    size: str
    reading: Reading

    @property
    def key(self) -> str:
        """Differs for any two crops of one file."""
        return f"{self.size} {self.landmarks.tolist()} {self.reading}"

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        return as_file(aligned(self.file, self.landmarks, self.size, self.reading))

    def __str__(self) -> str:
        return str(self.file)


def as_file(pixels: np.ndarray) -> BinaryIO:
    """uint8 (H, W, 3) as an open file that every reader of images takes."""
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "BMP")
    packed.seek(0)
    return packed


def crop_names(folder: FaceFolder) -> dict[str, str]:
    """image -> the name of its crop: its own if crops are written in its format, else one with .png that is unique."""
    stems = Counter(map(stem, folder.images))
    kept = KEPT.keys() & Image.SAVE.keys()
    return {
        image: image if format_of(Path(image)) in kept else f"{image if stems[stem(image)] > 1 else stem(image)}.png"
        for image in folder.images
    }


def format_of(path: Path) -> str:
    return Image.registered_extensions()[path.suffix.lower()]


def save(path: Path, pixels: np.ndarray) -> None:
    """Raises OSError naming the file, of which then nothing is left."""
    packed, kind = io.BytesIO(), format_of(path)
    Image.fromarray(pixels).save(packed, kind, **KEPT[kind])
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(packed.getvalue())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None
