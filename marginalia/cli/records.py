"""The records that come with Marginalia: the presets, trained for 20 epochs, 2,000 points a split."""

from __future__ import annotations

from pathlib import Path

from marginalia.config.places import PACKAGE
from marginalia.core.errors import InputError
from marginalia.record.archive import SUFFIX, unpack

RECORDS = PACKAGE / "records"


def unpacked(outputs: Path) -> Path:
    """OUTPUTS/records with a folder for each record, which commands take as their folder of runs."""
    archives = sorted(RECORDS.glob(f"*{SUFFIX}"))
    if not archives:
        raise InputError(f"{RECORDS} holds no records; `make records` trains them")
    for archive in archives:
        unpack(archive, outputs / "records" / archive.name.removesuffix(SUFFIX))
    return outputs / "records"
