"""What a run's folder is called: the loss, and whatever the command line changed about it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from marginalia.config.config_file import ConfigFile
from marginalia.config.run_config import LossSpec
from marginalia.data import FOLDER_PREFIX

LONGEST_BYTES = 120


def run_name(lossname: str, preset: LossSpec, margin: LossSpec, before: ConfigFile, after: ConfigFile) -> str:
    """ "CosFace_v1", "CosFace_v1_s8_m3-0.15", "softmax_MiniResnet18_quick": safe as a folder's name.

    before, after: the config file, and the same with the command line's overrides.
    """
    parts = [lossname]
    for field in fields(preset):
        value = getattr(margin, field.name)
        if value == getattr(preset, field.name):
            continue
        if isinstance(value, bool):
            parts.append(("" if value else "no-") + field.name.replace("_", "-"))
        else:
            parts.append(f"{field.name}{'' if field.name == 's' else '-'}{value:.12g}")
    if after.model.basemodel != before.model.basemodel:
        parts.append(after.model.basemodel)
    if after.model.visual_dimension != before.model.visual_dimension:
        parts.append(f"{after.model.visual_dimension}d")
    if after.training.lambda_start != before.training.lambda_start:
        parts.append(f"lambda{after.training.lambda_start:g}")
    if after.data.holdout:
        parts.append("without-" + "-".join(after.data.holdout))
    if after.data.dataset != before.data.dataset:
        parts.append(
            Path(after.data.dataset).name if after.data.dataset.startswith(FOLDER_PREFIX) else after.data.dataset
        )
    return folder_name("_".join(parts))


def folder_name(text: str) -> str:
    """The text with everything replaced that could lead out of a folder or trouble a shell, in at most 120 bytes."""
    safe = re.sub(r"[^\w.+-]+", "-", text).strip(".-")
    return safe.encode()[:LONGEST_BYTES].decode(errors="ignore") or "run"
