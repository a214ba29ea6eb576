"""The state of an unfinished run, so that a stopped one goes on as if it had never stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from marginalia.core.errors import ANEW, InputError
from marginalia.training.learner import Learner
from marginalia.training.tensors import damaged, first_line, read_tensors, write_tensors

NAME = "checkpoint.pt"
KEYS = {"run", "steps_done", "encoder", "head", "optimizer", "random"}


@dataclass(frozen=True)
class Checkpoint:
    """steps_done: where to go on; state: tensors of the encoder, the head, the optimiser and the random generator."""

    steps_done: int
    state: dict[str, Any]


def checkpoint_of(learner: Learner, steps_done: int) -> Checkpoint:
    """The learner as it is now; the tensors are its own, so write it before the next step."""
    return Checkpoint(steps_done, state_of(learner))


def state_of(learner: Learner) -> dict[str, Any]:
    """All but what each rank holds a part of: that and its optimiser, the second one, are left out."""
    return {
        "encoder": learner.encoder.state_dict(),
        "head": {} if learner.shard else learner.head.state_dict(),
        "optimizer": learner.optimizers[0].state_dict(),
        "random": torch.get_rng_state(),
    }


def restore(learner: Learner, checkpoint: Checkpoint) -> None:
    """Puts the state into a learner of the same config. Raises InputError if it is another one's."""
    with fitting(NAME):
        load_state(learner, checkpoint.state)


def load_state(learner: Learner, state: dict[str, Any]) -> None:
    """What `state_of` gave. Raises whatever torch raises where it does not fit."""
    learner.encoder.load_state_dict(state["encoder"])
    if not learner.shard:
        learner.head.load_state_dict(state["head"])
    require_same_optimizer(learner.optimizers[0], state["optimizer"])
    learner.optimizers[0].load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])


@contextmanager
def fitting(what: str) -> Iterator[None]:
    """InputError where a state does not fit the training that loads it."""
    try:
        yield
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{what} does not fit this run ({first_line(error)}); {ANEW}") from None


def require_same_optimizer(mine: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """ValueError unless the saved moments have the shapes of the parameters they belong to."""
    parameters = [parameter for group in mine.param_groups for parameter in group["params"]]
    if set(saved) != set(mine.state_dict()) or not set(saved["state"]) <= set(range(len(parameters))):
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
