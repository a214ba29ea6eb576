"""The heads of `losses` for faces: their numbers, and how they compute over several ranks."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from marginalia.config.config_file import parse_loss
from marginalia.config.run_config import LossSpec
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.core.parsing import nearest
from marginalia.faces.sharded import ShardedHead
from marginalia.losses.registry import build_head
from marginalia.training.ranks import Ranks, gather

TABLE = Path(__file__).with_name("heads.json")
FEW = 1000
MARGINS = {"m1": 1.0, "m2": 0.0, "m3": 0.0}


class WholeHead(nn.Module):
    """A head that every rank holds whole and feeds with all features, so that all compute the same."""

    def __init__(self, spec: LossSpec, dimension: int, classes: int, ranks: Ranks):
        super().__init__()
        self.head = build_head(spec, dimension, classes, "random")
        self.ranks = ranks

    def loss(self, features: Tensor, labels: Tensor, total: int) -> Tensor:
        """As ShardedHead.loss."""
        return self.head.loss(gather(features, total, self.ranks, in_parts=False), labels)


def face_head(
    spec: LossSpec, dimension: int, classes: int, ranks: Ranks, seed: int, rate: float
) -> ShardedHead | WholeHead:
    """AngleLinear in shards, any other head whole. Raises InputError for a `rate` below 1 of the latter."""
    if isinstance(spec, MarginSpec):
        return ShardedHead(spec, dimension, classes, ranks, seed, rate)
    if rate != 1:
        raise InputError(
            f"sample_rate {rate:g}: only heads of AngleLinear sample their negatives, {spec.name} does not"
        )
    return WholeHead(spec, dimension, classes, ranks)


def head_numbers(name: str, classes: int, s: float | None = None, m: float | None = None) -> LossSpec:
    """The numbers of a head of heads.json: the papers', or where there are few classes the row's "few".

    s, m: other ones than the table's. Raises InputError for a head that is not there or has no such number.
    """
    rows: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    if name not in rows:
        raise InputError(f"unknown head {name!r}; {nearest(name, rows)}")
    few = {key: row.pop("few", {}) for key, row in rows.items()}
    spec = parse_loss(rows[name], f"{TABLE.name}: {name}")
    changes: dict[str, Any] = dict(few[name]) if classes < FEW else {}
    for given, field in ((s, scale_of(spec)), (m, margin_of(spec))):
        if given is None:
            continue
        if field is None:
            raise InputError(f"{name} has no such number; its numbers are {', '.join(vars(spec)) or 'none'}")
        changes[field] = given
    try:
        return replace(spec, **changes)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None


def scale_of(spec: LossSpec) -> str | None:
    """Which of its numbers --s means."""
    names = {field.name for field in fields(spec)}
    return next((name for name in ("s", "r") if name in names), None)


def margin_of(spec: LossSpec) -> str | None:
    """Which of its numbers --m means."""
    if isinstance(spec, MarginSpec):
        return next((name for name, none in MARGINS.items() if getattr(spec, name) != none), None)
    return "m" if "m" in {field.name for field in fields(spec)} else None


def partial_margin(spec: MarginSpec, share: float) -> MarginSpec:
    """The margins at this share of the way from none to the whole ones."""
    return replace(spec, **{name: none + share * (getattr(spec, name) - none) for name, none in MARGINS.items()})
