"""The content of run.json before the training begins."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from marginalia.config.run_config import RunConfig
from marginalia.core.names import with_path, without_path
from marginalia.data.dataset import Dataset
from marginalia.losses.spec import HeadSpec, UserLoss, UserPsi
from marginalia.record.description import Description, DrawnHead, SplitNames
from marginalia.record.snapshot import HELD_OUT, SPLITS, VALIDATION


def describe(config: RunConfig, dataset: Dataset) -> Description:
    """All that decides the numbers of a run, without its place, its time and its results."""
    held_out = {HELD_OUT: SplitNames(classes=dataset.held_out_names)} if dataset.held_out_names else {}
    splits = SPLITS if dataset.validation is None else (*SPLITS, VALIDATION)
    return Description(
        name=config.name,
        lossname=config.lossname,
        class_names=dataset.class_names,
        splits={split: SplitNames() for split in splits} | held_out,
        head=DrawnHead(config.loss.inference_spec, config.loss.name, config.loss.regions),
        images=dataset.digest,
        source=found_again(config.data.dataset),
        settings=settings(config),
    )


def found_again(dataset: str) -> str:
    """The name of the data set, which is the same from every folder."""
    return with_path(dataset, lambda path: str(Path(path).absolute()))


def settings(config: RunConfig) -> dict[str, Any]:
    """The settings that decide a run's numbers, and the head that its margin leaves out, as JSON has them.

    The path of images or code of the user's own is left out, since a digest stands for it.
    """
    saved = {name: asdict(getattr(config, name)) for name in ("data", "model", "training", "optimizer")}
    del saved["data"]["data_dir"]
    saved["data"]["holdout"] = list(saved["data"]["holdout"])
    for name in ("crop", "image_size", "validation"):  # older runs have no such keys
        if not saved["data"][name]:
            del saved["data"][name]
    saved["data"]["dataset"] = without_path(config.data.dataset)
    if isinstance(config.loss, HeadSpec):
        saved["head"] = {"name": config.loss.name, "regions": config.loss.regions, **asdict(config.loss)}
    if isinstance(config.loss, UserLoss | UserPsi):
        saved["head"] = {"regions": config.loss.regions, **config.loss.code.settings}
    if config.encoder is not None:
        saved["model"]["basemodel"] = config.encoder.settings
    return saved
