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


def head_numbers(name: str, few: bool = False, s: float | None = None, m: float | None = None) -> LossSpec:
    """The numbers of a head of heads.json: the papers', or with `few` those of the row's "few", if it has some.

    s, m: other ones than the table's. Raises InputError for a head that is not there or has no such number.
    """
    row = head_row(name)
    changes = row.pop("few", {}) if few else {}
    spec = parse_loss({key: value for key, value in row.items() if key != "few"}, f"{TABLE.name}: {name}")
    try:
        return replace(spec, **changes | {field: value for field, (_, value) in asked(spec, name, s, m).items()})
    except ValueError as error:
        raise InputError(f"{name}: {error}") from None


def head_row(name: str) -> dict[str, Any]:
    rows: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    if name not in rows:
        raise InputError(f"unknown head {name!r}; {nearest(name, rows)}")
    return rows[name]


def asked(spec: LossSpec, name: str, s: float | None, m: float | None) -> dict[str, tuple[str, float]]:
    """Which of the numbers of this head --s and --m mean: number -> option and value."""
    found: dict[str, tuple[str, float]] = {}
    for option, given, field in (("--s", s, scale_of(spec)), ("--m", m, margin_of(spec))):
        if given is None:
            continue
        if field is None:
            raise InputError(f"{name} has no such number; its numbers are {', '.join(vars(spec)) or 'none'}")
        found[field] = (option, given)
    return found


def where_from(name: str, spec: LossSpec, few: bool, s: float | None, m: float | None) -> str:
    """The numbers of a head, and where each comes from: the table, its "few", or the command line."""
    of_few, given = head_row(name).get("few", {}) if few else {}, asked(spec, name, s, m)
    groups: dict[str, list[str]] = {}
    for number, value in vars(spec).items():
        origin = given[number][0] if number in given else "--few" if number in of_few else TABLE.name
        groups.setdefault(origin, []).append(f"{number} {value:g}" if isinstance(value, float) else f"{number} {value}")
    return "; ".join(f"{', '.join(numbers)} ({origin})" for origin, numbers in groups.items()) or "no numbers"


def hint_on_few(name: str, few: bool, classes: int) -> list[str]:
    """A line for whoever trains few classes with numbers that were made for many."""
    changes = head_row(name).get("few", {})
    if few or classes >= FEW or not changes:
        return []
    numbers = ", ".join(f"{number} {value:g}" for number, value in changes.items())
    return [f"{classes:,} people are few; --few takes {numbers}, which were chosen for fewer than {FEW:,}"]


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
