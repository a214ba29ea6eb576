"""Five landmarks a face: the table of them, and how a folder of images gets one."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.data.images import read_shrunk
from marginalia.faces.folder import FaceFolder
from marginalia.faces.names import Known, read_text, require_matched
from marginalia.progress import progress_bar

POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
HEADER = ["image", *(f"{point}_{axis}" for point in POINTS for axis in "xy")]
SECONDS_BETWEEN_WRITES = 30.0

Detector = Callable[[np.ndarray], np.ndarray | None]
Landmarks = dict[str, np.ndarray | None]


def find_landmarks(folder: FaceFolder, detect: Detector, out: Path, workers: int = 1) -> tuple[Landmarks, list[str]]:
    """Landmarks of all images of the folder into the table `out`; images that are in it already are left alone.

    An image without a face gets a row without numbers. One that cannot be read gets none, so that it is tried again
    the next time; why it cannot is told second. What was found is written every half minute, and when this is stopped.
    workers: threads that detect at a time, each an image of its own.
    """

    def of_one(image: str) -> np.ndarray | InputError | None:
        try:
            pixels, factor = read_shrunk(folder.root / image, folder.reading)
        except InputError as error:
            return error
        points = detect(pixels)
        return None if points is None else scaled(points, factor)

    found = read_landmarks(out) if out.exists() else {}
    left = [image for image in folder.images if image not in found]
    unreadable: list[str] = []
    written = time.monotonic()
    try:
        with progress_bar(len(left), "landmarks") as bar, in_threads(workers) as mapped:
            for image, points in zip(left, mapped(of_one, left), strict=True):
                if isinstance(points, InputError):
                    unreadable.append(str(points))
                else:
                    found[image] = points
                bar.update(1, image)
                if time.monotonic() - written > SECONDS_BETWEEN_WRITES:
                    write_landmarks(out, found)
                    written = time.monotonic()
    finally:
        write_landmarks(out, found)
    return {image: found[image] for image in folder.images if image in found}, unreadable


@contextmanager
def in_threads(workers: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """`map` over so many threads, in order; what has not begun is left out when the block ends early."""
    if workers == 1:
        yield map
        return
    executor = ThreadPoolExecutor(workers)
    try:
        yield executor.map
    finally:
        executor.shutdown(cancel_futures=True)


def scaled(points: np.ndarray, factor: float) -> np.ndarray:
    """Landmarks in an image `factor` times as large; the middle of the first pixel is at 0 in both."""
    return points if factor == 1 else (points + 0.5) * factor - 0.5


def most_central(boxes: np.ndarray, width: float, height: float) -> int:
    """Which of the boxes (N, 4) of left, top, right, bottom has its centre nearest to the middle of the image."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    return int(np.square(centres - (width / 2, height / 2)).sum(axis=1).argmin())


def write_landmarks(path: Path, landmarks: Mapping[str, np.ndarray | None]) -> None:
    """A CSV of HEADER, pixels with the middle of the first pixel at 0, empty where there is no face."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for image, points in landmarks.items():
        rows.writerow([image, *([""] * 10 if points is None else (f"{value:.3f}" for value in points.ravel()))])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.getvalue().encode(errors="surrogateescape"))


def read_landmarks(path: Path) -> Landmarks:
    """Image -> (5, 2), or None where no face was found. Raises InputError naming the line that is wrong."""
    what = f"a table of landmarks, made with: python -m marginalia faces landmarks DIR --out {path}"
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(read_text(path, what)))]
    except csv.Error as error:
        raise InputError(f"{path} is no table of landmarks ({error})") from None
    if not rows or rows[0] != HEADER:
        raise InputError(f"{path} is no table of landmarks: its first line must be {','.join(HEADER)}")
    found: Landmarks = {}
    for number, row in enumerate(rows[1:], start=2):
        if any(row):
            add(found, *parse_row(row, f"{path}, line {number}"), f"{path}, line {number}")
    return found


def add(found: Landmarks, image: str, points: np.ndarray | None, where: str) -> None:
    """Raises InputError if the image has other landmarks already."""
    if image in found and not same_points(found[image], points):
        raise InputError(f"{where}: {image} has other landmarks in a line before; remove one of the two")
    found[image] = points


def same_points(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return (one is None and other is None) or (one is not None and other is not None and np.array_equal(one, other))


def landmarks_of(folder: FaceFolder, path: Path, allow_missing: bool) -> tuple[Landmarks, str | None]:
    """Those of a table that are of images of the folder, under the folder's names; a line on the others.

    Raises InputError naming the others unless `allow_missing`, and for an image with two different rows.
    """
    known, found, missing = Known(folder.images), Landmarks(), []
    table = read_landmarks(path)
    for name, points in table.items():
        image = known.find(name)
        if image is None or (image != name and image in table):
            missing.append(known.described(name))
        else:
            add(found, image, points, f"{path}, {name}")
    if len(missing) == len(table):
        raise InputError(f"{folder.root}: none of its images is in the landmarks; were they made for this folder?")
    line = require_matched(missing, len(table), str(path), f"no image of {folder.root}", allow_missing)
    return found, line


def parse_row(row: list[str], where: str) -> tuple[str, np.ndarray | None]:
    """The image and its landmarks (5, 2), or None for ten empty cells."""
    if len(row) == len(HEADER) and not any(row[1:]):
        return row[0], None
    try:
        points = np.array([float(cell) for cell in row[1:]]).reshape(5, 2)
        if not np.isfinite(points).all():
            raise ValueError
    except ValueError:
        raise InputError(f"{where}: an image and ten numbers are needed; correct or remove it") from None
    return row[0], points
