"""GIFs, decoded again: their colours, times and frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from marginalia.viz.frames import SquareFrame
from marginalia.viz.movie import draw_run
from marginalia.viz.style import THEMES, Style
from marginalia.viz.timing import Timing

from .made_up import made_up_run


@pytest.fixture
def made_up(config_file):
    return made_up_run(config_file)


@pytest.mark.parametrize("theme", THEMES)
def test_gif_decoded_again(made_up, tmp_path, theme):
    path = draw_run(made_up, tmp_path, "train", Style(320, theme), Timing(0.35, 2.5), range(4))
    content = path.read_bytes()
    assert colour_tables(content) == (1, 0)
    with Image.open(path) as gif:
        assert gif.size == (320, 320)
        assert gif.info["loop"] == 0
        durations = []
        for number in range(gif.n_frames):
            gif.seek(number)
            durations.append(gif.info["duration"])
        last = np.asarray(gif.convert("RGB"), dtype=int)
    assert sum(durations) == 3 * 350 + 2500
    assert durations[-1] == 2500
    png = np.asarray(Image.open(tmp_path / "train_last.png").convert("RGB"), dtype=int)
    assert np.abs(last - png).mean() < 4
    background = tuple(int(THEMES[theme].background[i : i + 2], 16) for i in (1, 3, 5))
    assert tuple(last[2, 2]) == background


def test_a_frame_stands_longer_where_more_changes(made_up):
    slow, fast = Timing(0.4, 2).milliseconds([1, 1, 4, 0]), Timing(0.4, 2, even=True).milliseconds([1, 1, 4, 0])
    assert fast == [400, 400, 400, 400, 2000]
    assert sum(slow) == sum(fast)
    assert slow[2] == max(slow[:-1]) == pytest.approx(400 * 2.5 / (6.5 / 6), abs=10)
    assert min(slow) == slow[3] > 0
    assert sum(Timing(0.4, 2, between=3).milliseconds([1, 1, 4, 0])) == sum(fast)
    page = SquareFrame(made_up, "test", Style(240))
    shift = np.float32((0.5, 0))
    points = replace(made_up.snapshots[0].points("test"), features=made_up.snapshots[0].points("test").features + shift)
    moved = replace(made_up.snapshots[0], splits={"test": points})
    page.run = replace(made_up, snapshots=(made_up.snapshots[0], made_up.snapshots[0], moved))
    assert page.changes[0] == 0 < page.changes[1]


def colour_tables(gif: bytes) -> tuple[int, int]:
    """How many global and local colour tables a GIF has, read from its blocks (GIF89a, sections 18 to 20)."""
    shared = gif[10] >> 7
    at = 13 + shared * 3 * 2 ** ((gif[10] & 7) + 1)
    local_palettes = 0
    while gif[at] != 0x3B:
        if gif[at] == 0x2C:
            flags = gif[at + 9]
            local_palettes += flags >> 7
            at += 10 + (flags >> 7) * 3 * 2 ** ((flags & 7) + 1) + 1
        else:
            at += 2
        while gif[at]:
            at += gif[at] + 1
        at += 1
    return shared, local_palettes


def test_times_are_multiples_of_ten_and_at_least_twenty(made_up, tmp_path):
    path = draw_run(made_up, tmp_path, "test", Style(240), Timing(0.001, 0), range(4))
    with Image.open(path) as gif:
        assert gif.info["duration"] == 20


def test_a_part_of_a_run(made_up, tmp_path):
    draw_run(made_up, tmp_path, "test", Style(240), Timing(), range(1, 3))
    assert sorted(file.name for file in (tmp_path / "frames").iterdir()) == ["test_epoch_01.png", "test_epoch_02.png"]
