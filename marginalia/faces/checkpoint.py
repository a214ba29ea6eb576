"""The state of a training in files that any number of ranks can go on from.

steps/NNNNNNNN/ holds backbone.pt, what evaluation needs; training.pt, the rest that all ranks share; and for each rank
a file of class weights, named after its rows. checkpoint.json names the step that is whole. Reading runs no code.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.faces.learner import Learner
from marginalia.faces.sharded import ShardedHead
from marginalia.training.tensors import damaged, first_line, read_tensors, write_tensors

NAME, STEPS = "checkpoint.json", "steps"
BACKBONE, REST = "backbone.pt", "training.pt"


def save(folder: Path, learner: Learner, steps_done: int) -> None:
    """Every rank writes its classes and the first one all else; then the checkpoint before is removed."""
    ranks, place = learner.ranks, folder / STEPS / f"{steps_done:08d}"
    if ranks.first:
        place.mkdir(parents=True, exist_ok=True)
    ranks.wait()
    if isinstance(learner.head, ShardedHead):
        write_tensors(place / rows_name(learner.head.rows), rows_of(learner))
    if ranks.first:
        write_tensors(place / BACKBONE, learner.backbone.state_dict())
        write_tensors(place / REST, rest_of(learner))
    ranks.wait()
    if ranks.first:
        write_whole(folder / NAME, json.dumps({"step": steps_done}).encode())
        for older in (folder / STEPS).iterdir():
            if older != place:
                shutil.rmtree(older, ignore_errors=True)


def restore(folder: Path, learner: Learner) -> int:
    """Puts the folder's state into a learner of the same settings on any number of ranks; returns the steps done.

    Raises InputError if a file is missing, damaged or another training's.
    """
    place, step = latest(folder)
    backbone, rest = read_tensors(place / BACKBONE), read_tensors(place / REST)
    try:
        learner.backbone.load_state_dict(backbone)
        learner.optimizer.load_state_dict(rest["optimizer"])
        if isinstance(learner.head, ShardedHead):
            put_rows(learner, read_rows(place, learner.head.rows, learner.head.classes))
        else:
            learner.head.load_state_dict(rest["head"])
        torch.set_rng_state(rest["random"])
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{place} does not fit this training ({first_line(error)}); train anew with --overwrite"
        ) from None
    return step


def latest(folder: Path) -> tuple[Path, int]:
    """The folder of the last whole checkpoint and its step. Raises InputError if there is none."""
    try:
        step = json.loads((folder / NAME).read_text(encoding="utf-8"))["step"]
        place = folder / STEPS / f"{step:08d}"
    except FileNotFoundError:
        raise InputError(
            f"{folder}: no {NAME} in it, so there is no model; train one with: python -m marginalia faces train"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder / NAME, error) from None
    return place, step


def rows_of(learner: Learner) -> dict[str, Tensor]:
    """This rank's class weights and their momentum."""
    weight = learner.shard[0]
    state = learner.shard_optimizer.state.get(weight, {}) if learner.shard_optimizer else {}
    momentum = state.get("momentum_buffer")
    return {"weight": weight.detach(), "momentum": torch.zeros_like(weight) if momentum is None else momentum}


def put_rows(learner: Learner, rows: dict[str, Tensor]) -> None:
    assert learner.shard_optimizer is not None
    weight = learner.shard[0]
    with torch.no_grad():
        weight.copy_(rows["weight"])
    learner.shard_optimizer.state[weight] = {"momentum_buffer": rows["momentum"].to(weight)}


def rest_of(learner: Learner) -> dict[str, Any]:
    head = {} if isinstance(learner.head, ShardedHead) else learner.head.state_dict()
    return {"optimizer": learner.optimizer.state_dict(), "head": head, "random": torch.get_rng_state()}


def rows_name(rows: slice) -> str:
    return f"classes-{rows.start:09d}-{rows.stop:09d}.pt"


def read_rows(place: Path, rows: slice, classes: int) -> dict[str, Tensor]:
    """These rows out of whichever files hold them. Raises ValueError if some are in none."""
    parts: dict[str, list[Tensor]] = {"weight": [], "momentum": []}
    found = rows.start
    total = 0
    for path in sorted(place.glob("classes-*.pt")):
        start, stop = map(int, path.stem.split("-")[1:])
        total = max(total, stop)
        if stop <= found or start >= rows.stop:
            continue
        if start > found:
            break
        content = read_tensors(path)
        for name, pieces in parts.items():
            pieces.append(content[name][found - start : rows.stop - start])
        found = min(stop, rows.stop)
    if found < rows.stop or total != classes:
        raise ValueError(f"it has class weights for {total} identities, of {classes} that are needed")
    return {name: torch.cat(pieces) for name, pieces in parts.items()}
