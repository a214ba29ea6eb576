"""The data set that a run asks for."""

from __future__ import annotations

from marginalia.config.places import data_path
from marginalia.config.run_config import DataConfig
from marginalia.data.dataset import Dataset
from marginalia.data.sources import load_dataset


def dataset_of(data: DataConfig) -> Dataset:
    """The images, without the classes held out, and with those set aside that validate.

    Raises InputError for an unknown name, or data that cannot be had.
    """
    whole = load_dataset(data.dataset, data_path(data.data_dir), data.image_size)
    return whole.without(data.holdout).with_validation(data.validation)
