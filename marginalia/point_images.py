"""Which data set the points of a run are of, and which of its images."""

from __future__ import annotations

import numpy as np
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset
from marginalia.record.description import Description
from marginalia.record.snapshot import SPLITS, Run
from marginalia.viz.page.selection import Images

ALL = "all"
SIDE = 28


def source_of(description: Description) -> tuple[str, int]:
    """Name and image_size of the data set of the run's points, as `load_dataset` takes them.

    Raises InputError if run.json does not name it.
    """
    if not description.source:
        raise InputError(f"{description.name} does not say of which data set its points are; a page shows their images")
    return description.source, description.settings.get("data", {}).get("image_size", 0)


def trained_on(dataset: Dataset, run: Run, description: Description) -> Dataset:
    """The data set as the run saw it: without the classes held out, and with those images set aside that validate."""
    count = description.settings.get("data", {}).get("validation", 0)
    return dataset.without(run.held_out_names).with_validation(count if isinstance(count, int) else 0)


def images_of(run: Run, description: Description, dataset: Dataset) -> Images:
    """The images that the run's points are.

    Raises InputError if the run was trained on another data set, or run.json does not say which of its images they are.
    """
    digest = description.images
    if dataset.digest != digest:
        raise InputError(f"data set {dataset.name} is not what {run.name} was trained on; its images changed since")
    try:
        counts = [description.settings["data"][f"{name}_points"] for name in SPLITS]
        seed = description.settings["training"]["seed"]
    except (KeyError, TypeError):
        raise InputError(f"{run.name} does not say which images of {dataset.name} its points are") from None
    numbers, pixels = {}, {}
    for name, count in zip(SPLITS, counts, strict=True):
        split = dataset.train if name == "train" else dataset.test
        numbers[name] = split.sampled(None if count == ALL else count, seed)
        pixels[name] = thumbnails(split.images[numbers[name]])
        if not np.array_equal(split.labels[numbers[name]], run.snapshots[0].points(name).labels):
            raise InputError(f"{run.name} shows other {name} images than its settings choose from {dataset.name}")
    return Images(digest, f"{digest} {counts} {seed}", numbers, pixels)


def thumbnails(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W) or (N, H, W, 3) -> grey (N, 28, 28), as a page carries them."""
    if images.shape[1:] == (SIDE, SIDE):
        return images
    return np.stack([np.asarray(Image.fromarray(image).convert("L").resize((SIDE, SIDE))) for image in images])
