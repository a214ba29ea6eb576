"""Weights in a file of the safetensors format, which holds no code, with the fingerprint of their training."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.training.tensors import damaged

RUN = "run"


def write_weights(path: Path, weights: dict[str, Tensor], run: bytes) -> None:
    """Whole or not at all. run: the fingerprint of their training, see `RunFile.fingerprint`."""
    write_whole(path, save({name: value.contiguous() for name, value in weights.items()}, {RUN: run.hex()}))


def read_weights(path: Path, run: bytes) -> dict[str, Tensor]:
    """Raises InputError if the file is missing, damaged or of a training with another fingerprint."""
    try:
        with safe_open(path, framework="pt") as file:
            found = (file.metadata() or {}).get(RUN)
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise InputError(f"{path} is missing; train anew with --overwrite") from None
    except (SafetensorError, OSError) as error:
        raise damaged(path, error) from None
    if found != run.hex():
        raise InputError(f"{path} belongs to another training than run.json; train anew with --overwrite")
    return weights
