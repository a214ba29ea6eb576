"""The name of a run's folder: the loss, and the settings that the command line changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from marginalia.config.config_file import ConfigFile
from marginalia.config.run_config import LossSpec
from marginalia.core.names import is_path
from marginalia.core.user_code import short_name

LONGEST_BYTES = 120
DIGEST_LETTERS = 8
NAMED_OTHERWISE = ("dataset", "holdout", "lambda_start")
DECIDES_NOTHING = ("data_dir", "device")  # a device that does is another machine's, and told apart by its digest
SHORTER = {"batch_size": "batch", "optimizer": "", "precision": ""}


def run_name(lossname: str, preset: LossSpec, margin: LossSpec, before: ConfigFile, after: ConfigFile) -> str:
    """ "CosFace_v1", "CosFace_v1_s8_m3-0.15", "softmax_MiniResnet18_seed1": safe as a folder's name.

    before, after: the config file, and the same with the command line's overrides.
    """
    parts = [short_name(lossname)]
    for field in fields(preset):
        value = getattr(margin, field.name)
        if value == getattr(preset, field.name):
            continue
        if isinstance(value, bool):
            parts.append(("" if value else "no-") + field.name.replace("_", "-"))
        else:
            parts.append(f"{field.name}{'' if field.name == 's' else '-'}{value:.12g}")
    if after.model.basemodel != before.model.basemodel:
        parts.append(short_name(after.model.basemodel))
    if after.model.visual_dimension != before.model.visual_dimension:
        parts.append(f"{after.model.visual_dimension}d")
    if after.training.lambda_start != before.training.lambda_start:
        parts.append(f"lambda{after.training.lambda_start:g}")
    if after.data.holdout:
        parts.append("without-" + "-".join(after.data.holdout))
    if after.data.dataset != before.data.dataset:
        parts.append(Path(after.data.dataset).name if is_path(after.data.dataset) else after.data.dataset)
    optimizer = after.training.optimizer
    parts += changes(before.training, after.training)
    parts += changes(before.optimizers[optimizer], after.optimizers[optimizer])
    parts += changes(before.data, after.data)
    return folder_name("_".join(parts))


def changes(before: Any, after: Any) -> Iterator[str]:
    """Each other setting of a section that was changed: "seed1", "lr0.01", "sgd", "train-points-all"."""
    for field in fields(before):
        value = getattr(after, field.name)
        if value == getattr(before, field.name) or field.name in (*NAMED_OTHERWISE, *DECIDES_NOTHING):
            continue
        name = SHORTER.get(field.name, field.name.replace("_", "-"))
        yield f"{name}-{value}".strip("-") if isinstance(value, str) else f"{name}{value:.12g}"


def folder_name(text: str) -> str:
    """The text with everything replaced that could lead out of a folder or trouble a shell.

    One of more than 120 bytes is cut, and a digest of the whole stands at its end.
    """
    safe = re.sub(r"[^\w.+-]+", "-", text).strip(".-") or "run"
    if len(safe.encode()) <= LONGEST_BYTES:
        return safe
    digest = hashlib.blake2b(safe.encode(), digest_size=DIGEST_LETTERS // 2).hexdigest()
    return safe.encode()[: LONGEST_BYTES - DIGEST_LETTERS - 1].decode(errors="ignore") + f"_{digest}"
