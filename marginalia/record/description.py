"""run.json: what a run is, apart from the numbers of its snapshots."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from marginalia.core.errors import InputError
from marginalia.core.margin import REGIONS, MarginSpec
from marginalia.core.names import printable
from marginalia.core.parsing import parse, require_keys, require_object
from marginalia.record import format_2

FORMAT = 3
IN_PASSING = ("name", "source", "made_with", "finished", "metrics")
KEYS = ("format", "lossname", "class_names", "splits", "head", "images", "settings", *IN_PASSING)
MOST_CLASSES = 65_535
LONGEST_NAME = 200
LONGEST_HEAD = 60
LARGEST_JSON, LARGEST = 64_000_000, 1e300
SPLIT_NAME = re.compile(r"(?!metric_|centre$)\w[\w .-]{0,59}")


@dataclass(frozen=True)
class SplitNames:
    """classes: those that the labels of the split count, if they are not the run's. points: a name a point, or none."""

    classes: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnHead:
    """What is drawn of a head; see `snapshot.Run` for the three."""

    spec: MarginSpec
    name: str = ""
    regions: str = "sectors"


@dataclass(frozen=True)
class Description:
    """name, lossname: what the run and its loss are called. class_names: 1 to 65,535. splits: at least one, by name.

    head: None if nothing is known of it. images: a digest of the data, or "". settings: whatever else decides the
    numbers, as JSON.
    source: where the images are found again. made_with: versions and machine. finished: how many snapshots the finished
    run has, 0 while it is not. metrics: of its last snapshot. These four, and the name, are no part of the fingerprint.
    written: run.json itself, if this was read from it; its snapshots carry the fingerprint of that.
    """

    name: str
    class_names: tuple[str, ...]
    splits: Mapping[str, SplitNames]
    lossname: str = ""
    head: DrawnHead | None = None
    images: str = ""
    source: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_with: Mapping[str, str] = field(default_factory=dict)
    finished: int = 0
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    written: Mapping[str, Any] | None = None

    @property
    def is_old(self) -> bool:
        """Whether this was read from an older format, which can be drawn and not gone on with."""
        return self.written is not None and self.written["format"] != FORMAT

    @functools.cached_property
    def fingerprint(self) -> bytes:
        """32 bytes that stand in every file of the run, so that a file of another run is noticed."""
        content = self.written or as_json(self)
        passing = IN_PASSING if content["format"] == FORMAT else format_2.IN_PASSING
        as_read = json.loads(json.dumps(content))  # keys that are no strings become strings
        lasting = {key: value for key, value in as_read.items() if key not in passing}
        return hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).digest()

    def classes_of(self, split: str) -> int:
        """How many classes the labels of this split count."""
        return len(self.splits[split].classes or self.class_names)


def as_json(description: Description) -> dict[str, Any]:
    """The content of run.json in the newest format. A number that does not exist is null."""
    content = {item.name: getattr(description, item.name) for item in fields(description) if item.name != "written"}
    kinds = {name: {"class_names": names.classes, "point_names": names.points}
             for name, names in description.splits.items()}  # fmt: skip
    return content | {
        "format": FORMAT,
        "class_names": list(description.class_names),
        "splits": {name: {kind: list(names) for kind, names in row.items() if names} for name, row in kinds.items()},
        "head": None if description.head is None else asdict(description.head),
        "metrics": {name: value if value is None or math.isfinite(value) else None
                    for name, value in description.metrics.items()},
    }  # fmt: skip


def require_writable(description: Description, path: Path) -> bytes:
    """run.json as bytes. Raises InputError naming `path` if it could not be read again."""
    try:
        content = (json.dumps(as_json(description), indent=2) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise InputError(f"{path} cannot hold this as JSON: {error}") from None
    if len(content) > LARGEST_JSON:
        raise InputError(f"{path} would have {len(content):,} bytes; {LARGEST_JSON:,} at most")
    described(json.loads(content), path)
    return content


def decisive(description: Description) -> dict[str, Any]:
    """What two runs share if they have the same numbers."""
    return {key: value for key, value in as_json(description).items() if key not in IN_PASSING}


def described(written: Any, path: Path) -> Description:
    """run.json, checked. Raises InputError naming `path`, the key and what is wrong with it."""
    require_object(written, str(path))
    number = written.get("format")
    if number not in (FORMAT, format_2.FORMAT):
        raise InputError(f"{path} has format {number!r}, this version reads {format_2.FORMAT} and {FORMAT}")
    content = written if number == FORMAT else format_2.upgraded(written, path)
    require_keys(content, KEYS, str(path))
    splits = content["splits"]
    require_object(splits, f"{path}: splits")
    if not splits:
        raise InputError(f"{path}: splits is empty; at least one is needed")
    for key in ("settings", "made_with", "metrics"):
        require_object(content[key], f"{path}: {key}")
    for name, value in content["metrics"].items():
        if value is not None and (type(value) not in (int, float) or not abs(value) < LARGEST):
            raise InputError(f"{path}: metrics: {name[:60]} must be a number or null")
    if type(content["finished"]) is not int or content["finished"] < 0:
        raise InputError(f"{path}: finished must be the number of snapshots, or 0")
    return Description(
        name=one_name(content["name"], f"{path}: name"),
        class_names=names(content["class_names"], f"{path}: class_names", MOST_CLASSES, least=1),
        splits={name: split_names(name, row, f"{path}: splits") for name, row in splits.items()},
        lossname=one_name(content["lossname"], f"{path}: lossname", least=0),
        head=drawn_head(content["head"], f"{path}: head"),
        images=content["images"] if isinstance(content["images"], str) else "",
        source=content["source"] if isinstance(content["source"], str) else "",
        settings=content["settings"],
        made_with=content["made_with"],
        finished=content["finished"],
        metrics=content["metrics"],
        written=written,
    )  # fmt: skip


def split_names(name: str, row: Any, where: str) -> SplitNames:
    if not SPLIT_NAME.fullmatch(name):
        raise InputError(f"{where}: {name[:60]!r} cannot be the name of a split; take up to 60 letters and digits")
    where = f"{where}: {name}"
    require_object(row, where)
    for key in row:
        if key not in ("class_names", "point_names"):
            raise InputError(f"{where}: unknown key {key!r}; known are class_names, point_names")
    return SplitNames(
        names(row.get("class_names", []), f"{where}: class_names", MOST_CLASSES),
        names(row.get("point_names", []), f"{where}: point_names"),
    )


def drawn_head(content: Any, where: str) -> DrawnHead | None:
    if content is None:
        return None
    require_keys(content, ("spec", "name", "regions"), where)
    spec = parse(MarginSpec, content["spec"], f"{where}: spec")
    regions = content["regions"] if content["regions"] in REGIONS else "none"
    return DrawnHead(spec, one_name(content["name"], f"{where}: name", LONGEST_HEAD, least=0), regions)


def names(listed: Any, where: str, most: int | None = None, least: int = 0) -> tuple[str, ...]:
    """A list of names, so that every file and picture can hold them."""
    if not isinstance(listed, list) or len(listed) < least or (most is not None and len(listed) > most):
        raise InputError(f"{where} must be a list of {f'{least} to {most:,} ' if most else ''}names")
    return tuple(one_name(name, where) for name in listed)


def one_name(name: Any, where: str, most: int = LONGEST_NAME, least: int = 1) -> str:
    if not isinstance(name, str) or not least <= len(name) <= most:
        raise InputError(f"{where}: {str(name)[:60]!r} cannot be a name")
    return printable(name)
