"""The state of a training in files that any number of ranks can go on from.

A folder holds backbone.safetensors, what evaluation needs; training.pt, the rest that all ranks share; and for each
rank a file of class weights, named after its rows. All carry the fingerprint of their training. Reading runs no code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from marginalia.faces.learner import FaceLearner
from marginalia.faces.sharded import ShardedHead
from marginalia.faces.weights import read_weights, write_weights
from marginalia.record.snapshot import Record
from marginalia.training.checkpoint import fitting, load_state, state_of
from marginalia.training.loss_scale import LossScale
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
        if learner.average is None:
            del state["encoder"]
        write_weights(place / BACKBONE, learner.judged.state_dict(), run)
        write_tensors(place / REST, state | more_of(learner) | {"run": run.hex(), "metrics": [*map(asdict, metrics)]})
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
        load_state(learner, {"encoder": encoder} | rest)
        if learner.average is not None:
            learner.average.module.load_state_dict(encoder)
            learner.average.n_averaged.fill_(rest["averaged"])
        if learner.loss_scale is not None:
            learner.loss_scale = LossScale(**rest["loss_scale"])
        if isinstance(learner.head, ShardedHead):
            put_rows(learner, read_rows(place, learner.head.rows, learner.head.classes, run))
    return metrics


def more_of(learner: FaceLearner) -> dict[str, Any]:
    """What not every training has: how many weights were averaged, and the scale of the loss."""
    more: dict[str, Any] = {}
    if learner.average is not None:
        more["averaged"] = int(learner.average.n_averaged)
    if learner.loss_scale is not None:
        more["loss_scale"] = learner.loss_scale.state()
    return more


def moments_of(learner: FaceLearner) -> dict[str, str]:
    """What the optimiser keeps for each weight: name in the file -> name in its state."""
    adamw = isinstance(learner.optimizers[1], torch.optim.AdamW)
    return {"exp_avg": "exp_avg", "exp_avg_sq": "exp_avg_sq"} if adamw else {"momentum": "momentum_buffer"}


def rows_of(learner: FaceLearner) -> dict[str, Tensor]:
    """This rank's class weights and their moments."""
    weight = learner.shard[0]
    state = learner.optimizers[1].state.get(weight, {})
    moments = {name: state.get(key) for name, key in moments_of(learner).items()}
    return {"weight": weight.detach()} | {
        name: torch.zeros_like(weight) if value is None else value for name, value in moments.items()
    }


def put_rows(learner: FaceLearner, rows: dict[str, Tensor]) -> None:
    weight = learner.shard[0]
    with torch.no_grad():
        weight.copy_(rows["weight"])
    state = {key: rows[name].to(weight) for name, key in moments_of(learner).items()}
    if isinstance(learner.optimizers[1], torch.optim.AdamW):  # all weights have made as many steps
        others = learner.optimizers[0].state.values()
        state["step"] = next((other["step"] for other in others if "step" in other), torch.zeros(())).clone()
    learner.optimizers[1].state[weight] = state


def rows_name(rows: slice) -> str:
    return f"classes-{rows.start:09d}-{rows.stop:09d}.safetensors"


def read_rows(place: Path, rows: slice, classes: int, run: bytes) -> dict[str, Tensor]:
    """These rows out of whichever files hold them, by the names in the files. Raises ValueError if some are in none."""
    parts: dict[str, list[Tensor]] = {}
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
        for name, values in content.items():
            parts.setdefault(name, []).append(values[found - start : rows.stop - start])
        found = min(stop, rows.stop)
    if found < rows.stop or total != classes:
        raise ValueError(f"it has class weights for {total} identities, of {classes} that are needed")
    return {name: torch.cat(pieces) for name, pieces in parts.items()}
