"""The state of a training in files that any number of ranks can go on from.

steps/NNNNNNNN/ holds backbone.safetensors, what evaluation needs; training.pt, the rest that all ranks share; and for
each rank a file of class weights, named after its rows. All carry the fingerprint of their training. checkpoint.json
names the step that is whole. Reading runs no code.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from torch import Tensor

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.faces.learner import FaceLearner
from marginalia.faces.sharded import ShardedHead
from marginalia.faces.weights import read_weights, write_weights
from marginalia.training.checkpoint import fitting, load_state, state_of
from marginalia.training.tensors import damaged, read_tensors, write_tensors

NAME, STEPS = "checkpoint.json", "steps"
BACKBONE, REST = "backbone.safetensors", "training.pt"


def save(folder: Path, learner: FaceLearner, steps_done: int, run: bytes = b"") -> None:
    """Every rank writes its classes and the first one all else; then the checkpoint before is removed.

    run: the fingerprint of the training.
    """
    ranks, place = learner.ranks, folder / STEPS / f"{steps_done:08d}"
    if ranks.first:
        place.mkdir(parents=True, exist_ok=True)
    ranks.wait()
    if isinstance(learner.head, ShardedHead):
        write_weights(place / rows_name(learner.head.rows), rows_of(learner), run)
    if ranks.first:
        state = state_of(learner)
        write_weights(place / BACKBONE, state.pop("encoder"), run)
        write_tensors(place / REST, state | {"run": run.hex()})
    ranks.wait()
    if ranks.first:
        write_whole(folder / NAME, json.dumps({"step": steps_done}).encode())
        for older in (folder / STEPS).iterdir():
            if older != place:
                shutil.rmtree(older, ignore_errors=True)


def restore(folder: Path, learner: FaceLearner, run: bytes = b"") -> int:
    """Puts the folder's state into a learner of the same settings on any number of ranks; returns the steps done.

    Raises InputError if a file is missing, damaged or another training's.
    """
    place, step = latest(folder)
    encoder, rest = read_weights(place / BACKBONE, run), read_tensors(place / REST)
    with fitting(str(place)):
        if rest.pop("run") != run.hex():
            raise ValueError(f"{REST} is of another training")
        load_state(learner, rest | {"encoder": encoder})
        if isinstance(learner.head, ShardedHead):
            put_rows(learner, read_rows(place, learner.head.rows, learner.head.classes, run))
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


def rows_of(learner: FaceLearner) -> dict[str, Tensor]:
    """This rank's class weights and their momentum."""
    weight = learner.shard[0]
    state = learner.optimizers[1].state.get(weight, {})
    momentum = state.get("momentum_buffer")
    return {"weight": weight.detach(), "momentum": torch.zeros_like(weight) if momentum is None else momentum}


def put_rows(learner: FaceLearner, rows: dict[str, Tensor]) -> None:
    weight = learner.shard[0]
    with torch.no_grad():
        weight.copy_(rows["weight"])
    learner.optimizers[1].state[weight] = {"momentum_buffer": rows["momentum"].to(weight)}


def rows_name(rows: slice) -> str:
    return f"classes-{rows.start:09d}-{rows.stop:09d}.safetensors"


def read_rows(place: Path, rows: slice, classes: int, run: bytes) -> dict[str, Tensor]:
    """These rows out of whichever files hold them. Raises ValueError if some are in none."""
    parts: dict[str, list[Tensor]] = {"weight": [], "momentum": []}
    found = rows.start
    total = 0
    for path in sorted(place.glob("classes-*.safetensors")):
        start, stop = map(int, path.stem.split("-")[1:])
        total = max(total, stop)
        if stop <= found or start >= rows.stop:
            continue
        if start > found:
            break
        content = read_weights(path, run)
        for name, pieces in parts.items():
            pieces.append(content[name][found - start : rows.stop - start])
        found = min(stop, rows.stop)
    if found < rows.stop or total != classes:
        raise ValueError(f"it has class weights for {total} identities, of {classes} that are needed")
    return {name: torch.cat(pieces) for name, pieces in parts.items()}
