"""The accuracy of a recogniser on templates: pairs of them (1:1), and probes against galleries (1:N)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from marginalia.core.files import write_whole
from marginalia.data.images import USUAL, Readable, Reading
from marginalia.data.measure import measure
from marginalia.faces.align import AlignedImage
from marginalia.faces.embedder import Embedder
from marginalia.faces.embeddings import fused
from marginalia.faces.identification import Identification, identify
from marginalia.faces.protocol import TINY, cosine, scores_of_pairs
from marginalia.faces.templates import Lists, Media, Quality
from marginalia.training.roc import FALSE_ACCEPTS, Roc, roc


@dataclass(frozen=True)
class Templates:
    """numbers: int64 (T,), ascending. features: float32 (T, D), of length 1."""

    numbers: np.ndarray
    features: np.ndarray

    def of(self, numbers: np.ndarray) -> np.ndarray:
        return self.features[np.searchsorted(self.numbers, numbers)]


@dataclass(frozen=True)
class TemplateFigures:
    """curve: of the pairs, or None. galleries: by their names, empty if no probes were given."""

    images: int
    templates: int
    curve: Roc | None
    galleries: dict[str, Identification]


def template_features(
    embedder: Embedder, root: Path, media: Media, qualities: dict[str, Quality], cache: Path
) -> Templates:
    """An image's feature, plus that of its mirror image, is weighted by its quality; a template's is the sum over its
    media of the mean within each, divided by its length. Without any qualities, all weigh the same.

    Features are not divided by their lengths before: a long one, of an image that is recognised with ease, counts more.
    Raises InputError for an image that cannot be read. Source: insightface, eval_ijbc.py.
    """
    names, place = np.unique(media.images, return_inverse=True)
    paths, reading = images_of(embedder, root, names.tolist(), qualities)
    features = fused(embedder, paths, reading, "sum", cache)
    if qualities:
        features *= np.array([[qualities[name].weight] for name in names.tolist()], dtype=features.dtype)
    return pooled(features[place], media)


def pooled(features: np.ndarray, media: Media) -> Templates:
    """One feature a template of one feature (N, D) an image."""
    order = np.lexsort((media.media, media.templates))
    both = np.column_stack((media.templates, media.media))[order]
    first = np.flatnonzero(np.append(True, (both[1:] != both[:-1]).any(axis=1)))
    counts = np.diff(np.append(first, len(both)))
    means = np.add.reduceat(features[order], first) / counts[:, None]
    numbers, starts = np.unique(both[first, 0], return_index=True)
    sums = np.add.reduceat(means, starts)
    return Templates(numbers, (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), TINY)).astype(np.float32))


def images_of(
    embedder: Embedder, root: Path, names: Sequence[str], qualities: dict[str, Quality]
) -> tuple[Sequence[Readable], Reading]:
    """The images, cropped where they have landmarks and the recogniser takes crops, and how they are read."""
    files = [root / name for name in names]
    reading = measure(files)
    found: list[Readable] = []
    for name, file in zip(names, files, strict=True):
        landmarks = qualities[name].landmarks if qualities else None
        if landmarks is None or embedder.crops is None:
            return files, reading
        found.append(AlignedImage(file, landmarks, embedder.crops, reading))
    return found, USUAL


def evaluate_templates(templates: Templates, lists: Lists) -> TemplateFigures:
    """All figures that the lists ask for."""
    curve, galleries = None, {}
    if lists.pairs is not None:
        left, right = (np.searchsorted(templates.numbers, side) for side in (lists.pairs.left, lists.pairs.right))
        curve = roc(scores_of_pairs(cosine, templates.features, left, right), lists.pairs.same)
    if lists.probes is not None:
        probes = templates.of(lists.probes.templates), lists.probes.subjects
        for gallery in lists.galleries:
            galleries[gallery.name] = identify(templates.of(gallery.templates), gallery.subjects, *probes)
    return TemplateFigures(len(set(lists.media.images)), len(templates.numbers), curve, galleries)


def write_template_figures(path: Path, figures: TemplateFigures) -> None:
    """The figures as JSON."""
    content: dict[str, object] = {"images": figures.images, "templates": figures.templates}
    if figures.curve is not None:
        content["pairs_of_different_people"] = figures.curve.impostors
        content["tar"] = {f"{far:g}": figures.curve.tar_at(far) for far in FALSE_ACCEPTS}
        content |= {"auc": figures.curve.auc, "eer": figures.curve.eer}
    content["galleries"] = {name: asdict(found) for name, found in figures.galleries.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content, indent=1).encode())
