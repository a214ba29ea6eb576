"""The records that come with Marginalia: the presets, trained for 20 epochs, 2,000 points a split."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from marginalia.core.errors import InputError
from marginalia.record.archive import SUFFIX, unpack

RECORDS = Path(__file__).parent.parent / "records"


def unpacked(outputs: Path, names: Collection[str] = ()) -> Path:
    """OUTPUTS/records with a folder for each of these records, or for all: a folder of runs like OUTPUTS."""
    archives = sorted(RECORDS.glob(f"*{SUFFIX}"))
    if not archives:
        raise InputError(f"{RECORDS} holds no records; in a checkout `make records` trains them")
    for archive in archives:
        name = archive.name.removesuffix(SUFFIX)
        if not names or name in names:
            unpack(archive, outputs / "records" / name)
    return outputs / "records"
