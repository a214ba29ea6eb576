"""The state of a training in files that any number of ranks can go on from.

A folder holds backbone.safetensors, what evaluation needs; training.pt, the rest that all ranks share; and for each
rank a file of class weights, named after its rows. All carry the fingerprint of their training. Reading runs no code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from marginalia.faces.learner import FaceLearner
from marginalia.faces.sharded import ShardedHead
from marginalia.faces.weights import read_weights, write_weights
from marginalia.record.snapshot import Record
from marginalia.training.checkpoint import fitting, load_state, state_of
from marginalia.training.tensors import read_tensors, write_tensors

BACKBONE, REST = "backbone.safetensors", "training.pt"


def save(place: Path, learner: FaceLearner, metrics: Sequence[Record] = (), run: bytes = b"") -> None:
    """Every rank writes its classes into the folder `place` and the first one all else; returns when all are done.

    metrics: of the training until now; run: its fingerprint.
    """
    place.mkdir(parents=True, exist_ok=True)
    if isinstance(learner.head, ShardedHead):
        write_weights(place / rows_name(learner.head.rows), rows_of(learner), run)
    if learner.ranks.first:
        state = state_of(learner)
        write_weights(place / BACKBONE, state.pop("encoder"), run)
        rest = {"run": run.hex(), "metrics": [asdict(record) for record in metrics]}
        write_tensors(place / REST, state | rest)
    learner.ranks.wait()


def restore(place: Path, learner: FaceLearner, run: bytes = b"") -> list[Record]:
    """Puts the state into a learner of the same settings on any number of ranks; returns the metrics until then.

    Raises InputError if a file is missing, damaged or another training's.
    """
    encoder, rest = read_weights(place / BACKBONE, run), read_tensors(place / REST)
    with fitting(str(place)):
        if rest.pop("run") != run.hex():
            raise ValueError(f"{REST} is of another training")
        metrics = [Record(**record) for record in rest.pop("metrics")]
        load_state(learner, rest | {"encoder": encoder})
        if isinstance(learner.head, ShardedHead):
            put_rows(learner, read_rows(place, learner.head.rows, learner.head.classes, run))
    return metrics


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
