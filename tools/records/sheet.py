"""docs/frames.png: frames of every record on one sheet, a row a loss."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from marginalia.record.snapshot import Run
from marginalia.viz.encode import shared_palette
from marginalia.viz.frames import SquareFrame
from marginalia.viz.style import Style

FRAMES = (0, 1, 3, 7, -1)
SIZE = 300


def frame_sheet(runs: Sequence[Run]) -> bytes:
    """A PNG of the first, second, fourth, eighth and last frame of the test GIF of each run."""
    rows = []
    for run in runs:
        page = SquareFrame(run, "test", Style())
        chosen = [Image.fromarray(page.image(range(page.count)[number])) for number in FRAMES]
        rows.append(np.concatenate([np.asarray(frame.resize((SIZE, SIZE))) for frame in chosen], axis=1))
    packed = io.BytesIO()
    whole = np.concatenate(rows)
    indexed = Image.fromarray(whole).quantize(palette=shared_palette([whole]), dither=Image.Dither.NONE)
    indexed.save(packed, "PNG", optimize=True)
    return packed.getvalue()
