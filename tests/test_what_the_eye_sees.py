"""Every frame of real runs is full, and no two are alike: measured on the records of four losses."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pytest

from marginalia.record.included import unpacked
from marginalia.record.store import read_run
from marginalia.viz.camera import LARGEST_RING, LEAST_RING
from marginalia.viz.frames import SquareFrame
from marginalia.viz.geometry import norms
from marginalia.viz.style import Style

from .made_up import drawn

LOSSES = ("softmax", "A-softmax_v1", "CosFace_v1", "ArcFace_v3")
GRID = 16
FULL, OUTER, FEW = 0.35, 0.8, 0.005
LEAST_CHANGE, STILL = 0.02, 0.01  # captions alone change up to 0.0125


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="module", params=LOSSES)
def page(records, request):
    return SquareFrame(read_run(records / request.param), "test", Style(size=360))


def in_the_disc(page: SquareFrame, number: int) -> np.ndarray:
    """Where the dots of this moment are drawn, (N, 2), 1 at the rim; read from the artists."""
    page.show(number)
    return drawn(page.scatter.dots.front) / page.scatter.camera.disc


def test_the_features_fill_the_disc_or_reach_its_outer_fifth(page):
    middles = (np.arange(GRID) + 0.5) * 2 / GRID - 1
    cells = np.count_nonzero(np.hypot(*np.meshgrid(middles, middles)) < 1)
    for number, snapshot in enumerate(page.run.snapshots):
        places = in_the_disc(page, number)
        touched = len(np.unique(np.floor((places + 1) * GRID / 2).clip(0, GRID - 1), axis=0))
        far = np.mean(np.hypot(*places.T) >= OUTER)
        assert touched >= FULL * cells or far >= FEW, f"epoch {snapshot.epoch}: {touched} of {cells} cells, {far} far"


def test_no_frame_is_like_its_neighbour_unless_the_space_stands_still(page):
    seen = [(page.image(number), in_the_disc(page, number)) for number in range(page.count)]
    for number, ((before, places), (after, later)) in enumerate(pairwise(seen), start=1):
        changed = np.mean((before != after).any(axis=2))
        moved = np.linalg.norm(later - places, axis=1).mean()
        assert changed >= LEAST_CHANGE or moved < STILL, f"frame {number}: {changed} of the pixels, moved by {moved}"


def number_of(text: str) -> float:
    """ "20,000" and "2·10⁶" as numbers."""
    digit, _, power = text.replace(",", "").partition("·10")
    return float(digit) * 10 ** int(unicodedata.normalize("NFKC", power) or 0)


def test_the_numbers_on_the_rings_are_norms(page):
    for number, snapshot in enumerate(page.run.snapshots):
        places = in_the_disc(page, number)
        rings = page.scatter.lengths
        written = [label for label in rings.labels if label.get_visible()]
        assert written
        lengths = norms(snapshot.points("test"))
        inside = lengths <= page.scatter.camera.rim(snapshot)
        for label, circle in zip(written, rings.circles, strict=False):
            radius = float(np.hypot(*np.transpose(circle.get_data())[0])) / page.scatter.camera.disc
            assert LEAST_RING <= radius <= LARGEST_RING
            length = number_of(label.get_text())
            np.testing.assert_allclose(
                np.hypot(*places[inside].T) / radius, lengths[inside] / length, rtol=1e-4, atol=1e-6
            )
