"""docs/findings.md: remade from the committed sweeps, and what it says of the floor."""

from __future__ import annotations

import numpy as np
import pytest

from marginalia.sweeps.results import read_results
from tools.findings.__main__ import PAGE, page

from .conftest import ROOT

SWEEPS = sorted((ROOT / "sweeps" / "results").glob("*.parquet"))


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_no_run_lies_below_its_floor(path):
    results = read_results(path)
    gaps = results.columns["loss"] - results.columns["loss_floor"]
    assert np.nanmin(gaps[results.columns["epoch"] > 0]) >= -1e-4


def test_the_page_is_what_the_sweeps_say():
    results = {path.stem: read_results(path) for path in SWEEPS}
    assert PAGE.read_text(encoding="utf-8") == page(results)
    assert "(not measured yet)" not in page(results)
