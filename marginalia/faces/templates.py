"""Templates as IJB-B and IJB-C have them: images of one person that are judged as one. The lists that say so.

A line of the list of media is "image template medium"; the frames of one video share a medium. A line of the pairs is
"template template 1 or 0". Galleries and probes are CSV files with the columns TEMPLATE_ID and SUBJECT_ID. A line of
the qualities is "image quality", or "image x y x y x y x y x y quality" with the five landmarks. Source: Whitelam et
al., IARPA Janus Benchmark-B Face Dataset, CVPRW 2017; Maze et al., IARPA Janus Benchmark - C, ICB 2018; the files are
those of insightface's evaluation of both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.names import listed
from marginalia.core.parsing import whole_number
from marginalia.faces.names import read_text

TEMPLATE, SUBJECT = "TEMPLATE_ID", "SUBJECT_ID"
LANDMARK_NUMBERS = 10
MOST_WEIGHT = 1e6
SHOWN = 3


@dataclass(frozen=True)
class Media:
    """images: names in their folder. templates, media: the numbers of each image's template and medium, int64 (N,)."""

    images: tuple[str, ...]
    templates: np.ndarray
    media: np.ndarray


@dataclass(frozen=True)
class TemplatePairs:
    """left, right: numbers of templates, int64 (N,). same: bool (N,)."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


@dataclass(frozen=True)
class Subjects:
    """A gallery, or probes. name: of its file. templates, subjects: int64 (N,), each template once."""

    name: str
    templates: np.ndarray
    subjects: np.ndarray


@dataclass(frozen=True)
class Quality:
    """weight: above or at 0. landmarks: (5, 2), or None where the images are aligned already."""

    weight: float
    landmarks: np.ndarray | None


@dataclass(frozen=True)
class Lists:
    """qualities: empty where all images weigh the same. probes: None where there are no galleries."""

    media: Media
    pairs: TemplatePairs | None
    galleries: tuple[Subjects, ...]
    probes: Subjects | None
    qualities: dict[str, Quality]


def read_lists(
    media: Path, pairs: Path | None, galleries: Iterable[Path], probes: Path | None, qualities: Path | None
) -> Lists:
    """Raises InputError for a list that is wrong, or names a template or an image that the others lack."""
    images = read_media(media)
    both = None if pairs is None else read_template_pairs(pairs)
    if pairs is not None and both is not None:
        require_known(np.concatenate((both.left, both.right)), images.templates, pairs)
    known = tuple(map(read_subjects, galleries))
    looked_for = None if probes is None else read_subjects(probes)
    for subjects in (*known, looked_for):
        if subjects is not None:
            require_known(subjects.templates, images.templates, subjects.name)
    weights = {} if qualities is None else read_qualities(qualities)
    missing = sorted(set(images.images) - weights.keys())
    if qualities is not None:
        if missing:
            raise InputError(f"{qualities} lacks {len(missing):,} of the images ({listed(missing, SHOWN)})")
        require_weight(images, weights, qualities)
    return Lists(images, both, known, looked_for, weights)


def read_media(path: Path) -> Media:
    """Raises InputError naming the line that is wrong, or an image that a template has twice."""
    images, numbers = [], []
    seen: dict[tuple[str, int], int] = {}
    for line, words in lines_of(path, "a list of images, templates and media"):
        try:
            image, (template, medium) = words[0], map(whole_number, words[1:])
        except (ValueError, IndexError):
            raise InputError(
                f"{path}, line {line}: an image and the numbers of its template and medium are needed"
            ) from None
        require_inside(image, f"{path}, line {line}")
        if seen.setdefault((image, template), line) != line:
            raise InputError(f"{path}, line {line}: template {template} has {image} in line {seen[image, template]}")
        images.append(image)
        numbers.append((template, medium))
    if not images:
        raise InputError(f"{path} names no images")
    templates, media = np.array(numbers, dtype=np.int64).T
    return Media(tuple(images), templates, media)


def read_template_pairs(path: Path) -> TemplatePairs:
    """Raises InputError for a line of anything else, or if the pairs are of one kind only."""
    wanted = f"{path}: two numbers of templates and 1 or 0 are needed in each line"
    text = read_text(path, "pairs of templates")
    if not text.strip():
        raise InputError(wanted)
    try:
        rows = np.loadtxt(io.StringIO(text), dtype=np.int64, ndmin=2, comments=None)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{wanted} ({error})") from None
    if rows.shape[1:] != (3,) or not np.isin(rows[:, 2], (0, 1)).all():
        raise InputError(wanted)
    left, right, same = rows.T
    if same.all() or not same.any():
        raise InputError(f"{path}: pairs of the same and of different people are needed")
    return TemplatePairs(left, right, same.astype(bool))


def read_subjects(path: Path) -> Subjects:
    """Raises InputError without the two columns, for a line of no numbers, or a template of two people."""
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path, "a gallery or probes")), skipinitialspace=True))
        found: dict[int, int] = {}
        for number, row in enumerate(rows, 2):
            template, subject = whole_number(row[TEMPLATE]), whole_number(row[SUBJECT])
            if found.setdefault(template, subject) != subject:
                raise InputError(f"{path}, line {number}: template {template} is of subject {found[template]} before")
    except KeyError:
        raise InputError(f"{path}: its first line must name the columns {TEMPLATE} and {SUBJECT}") from None
    except (TypeError, ValueError, AttributeError):
        raise InputError(f"{path}, line {number}: {TEMPLATE} and {SUBJECT} must be whole numbers") from None
    except csv.Error as error:
        raise InputError(f"{path} is no table of templates and subjects ({error})") from None
    if not found:
        raise InputError(f"{path} names no templates")
    templates, subjects = np.array(list(found.items()), dtype=np.int64).T
    return Subjects(str(path), templates, subjects)


def read_qualities(path: Path) -> dict[str, Quality]:
    """Raises InputError naming the line that is wrong, or one with landmarks where others have none."""
    found: dict[str, Quality] = {}
    widths = set()
    for line, (image, *words) in lines_of(path, "qualities of images"):
        try:
            values = np.array(list(map(float, words)))
        except ValueError:
            values = np.full(1, np.nan)
        right = len(values) in (1, 1 + LANDMARK_NUMBERS) and np.isfinite(values).all()
        if not right or not 0 <= values[-1] <= MOST_WEIGHT:
            raise InputError(
                f"{path}, line {line}: an image and its quality are needed, a number from 0 to a million, "
                "or also ten numbers of landmarks between them"
            )
        widths.add(len(values))
        if image in found or len(widths) > 1:
            fault = f"{image} is there twice" if image in found else "some lines have landmarks, and others have none"
            raise InputError(f"{path}, line {line}: {fault}")
        landmarks = values[:-1].reshape(-1, 2) if len(values) > 1 else None
        found[image] = Quality(float(np.float32(values[-1])), landmarks)
    return found


def require_known(asked: np.ndarray, known: np.ndarray, path: Path | str) -> None:
    """InputError that counts and names the templates without images."""
    missing = np.setdiff1d(asked, known)
    if len(missing):
        named = listed(missing.tolist(), SHOWN)
        raise InputError(f"{path}: {len(missing):,} templates have no images in --media ({named})")


def require_weight(media: Media, qualities: dict[str, Quality], path: Path) -> None:
    """InputError that counts the templates of which no image has a quality above 0."""
    numbers, place = np.unique(media.templates, return_inverse=True)
    weights = np.bincount(place, [qualities[image].weight for image in media.images])
    empty = numbers[weights == 0].tolist()
    if empty:
        named = listed(empty, SHOWN)
        raise InputError(f"{path}: {len(empty):,} templates have no image of a quality above 0 ({named})")


def lines_of(path: Path, what: str) -> list[tuple[int, list[str]]]:
    """Number and words of each line that has some."""
    lines = enumerate(read_text(path, what).splitlines(), 1)
    return [(number, words) for number, line in lines if (words := line.split())]


def require_inside(image: str, where: str) -> None:
    parts = PurePosixPath(image).parts
    if PurePosixPath(image).is_absolute() or ".." in parts:
        raise InputError(f"{where}: {image} does not lie in the folder of the images")
