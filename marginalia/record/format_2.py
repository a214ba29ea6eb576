"""run.json of format 2, which Marginalia 0.1 wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from marginalia.core.names import without_path
from marginalia.core.parsing import require_keys

FORMAT = 2
IN_PASSING = ("made_with", "finished", "metrics")
KEYS = ("format", "name", "lossname", "margin", "class_names", "unseen_names", "images", "config", *IN_PASSING)


def upgraded(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same in format 3. Raises InputError naming `path` and the key that is missing or unknown."""
    require_keys(content, KEYS, str(path))
    config = content["config"] if isinstance(content["config"], dict) else {}
    data, head = config.get("data"), config.get("head")
    dataset = data.get("dataset", "") if isinstance(data, dict) else ""
    settings = config | {"data": data | {"dataset": without_path(str(dataset))}} if isinstance(data, dict) else config
    further = {key: head.get(key) for key in ("name", "regions")} if isinstance(head, dict) else {}
    held_out = {"held-out": {"class_names": content["unseen_names"]}} if content["unseen_names"] else {}
    return {
        **{key: content[key] for key in ("name", "lossname", "class_names", "images", *IN_PASSING)},
        "format": 3,
        "splits": {"train": {}, "test": {}} | held_out,
        "head": {"spec": content["margin"], "name": "", "regions": "sectors"} | further,
        "source": dataset,
        "settings": settings,
    }
