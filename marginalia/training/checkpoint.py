"""The state of an unfinished run, so that a stopped one goes on as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from marginalia.core.errors import InputError
from marginalia.training.learner import Learner
from marginalia.training.tensors import damaged, first_line, read_tensors, write_tensors

NAME = "checkpoint.pt"
KEYS = {"run", "steps_done", "encoder", "head", "optimizer", "random"}


@dataclass(frozen=True)
class Checkpoint:
    """steps_done: where to go on; state: tensors of the encoder, the head, the optimiser and the random generator."""

    steps_done: int
    state: dict[str, Any]


def take(learner: Learner, steps_done: int) -> Checkpoint:
    """The learner as it is now; the tensors are its own, so write it before the next step."""
    state = {
        "encoder": learner.encoder.state_dict(),
        "head": learner.head.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
        "random": torch.get_rng_state(),
    }
    return Checkpoint(steps_done, state)


def restore(learner: Learner, checkpoint: Checkpoint) -> None:
    """Puts the state into a learner of the same config. Raises InputError if it is another one's."""
    try:
        learner.encoder.load_state_dict(checkpoint.state["encoder"])
        learner.head.load_state_dict(checkpoint.state["head"])
        require_same_optimizer(learner.optimizer.state_dict(), checkpoint.state["optimizer"], learner)
        learner.optimizer.load_state_dict(checkpoint.state["optimizer"])
        torch.set_rng_state(checkpoint.state["random"])
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{NAME} does not fit this run ({first_line(error)}); train anew with --overwrite") from None


def require_same_optimizer(mine: dict[str, Any], saved: dict[str, Any], learner: Learner) -> None:
    """ValueError unless the saved moments have the shapes of the parameters they belong to."""
    parameters = [parameter for group in learner.optimizer.param_groups for parameter in group["params"]]
    if set(saved) != set(mine) or not set(saved["state"]) <= set(range(len(parameters))):
        raise ValueError("another optimiser's state")
    for number, moments in saved["state"].items():
        for value in moments.values():
            if value.ndim and value.shape != parameters[number].shape:
                raise ValueError(f"moment of shape {tuple(value.shape)} for parameter {number}")


def write_checkpoint(folder: Path, checkpoint: Checkpoint, run: bytes) -> None:
    """checkpoint.pt, whole or not at all. run: the fingerprint of its run."""
    write_tensors(folder / NAME, {"run": run.hex(), "steps_done": checkpoint.steps_done, **checkpoint.state})


def read_checkpoint(folder: Path, run: bytes) -> Checkpoint | None:
    """The folder's checkpoint, None if it has none. Tensors and plain numbers only.

    Raises InputError if it is damaged or belongs to another run than the one with this fingerprint.
    """
    path = folder / NAME
    if not path.exists():
        return None
    content = read_tensors(path)
    try:
        if set(content) != KEYS or type(content["steps_done"]) is not int:
            raise ValueError("it holds something else")
        if content.pop("run") != run.hex():
            raise ValueError("it belongs to another run")
    except ValueError as error:
        raise damaged(path, error) from None
    return Checkpoint(content.pop("steps_done"), content)
