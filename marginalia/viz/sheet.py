"""What all frames have in common: one figure, drawn anew for every moment, as pixels or as a file."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from marginalia.record.snapshot import Run, SplitName
from marginalia.viz.drawable import require_drawable
from marginalia.viz.labels import families
from marginalia.viz.projection import in_view
from marginalia.viz.settings import our_settings
from marginalia.viz.style import INCHES, Style
from marginalia.viz.timing import changes_of

LINES, WIDTH = 720, 1280
VECTOR_DPI = 300
REPRODUCIBLE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}


class Sheet(ABC):
    """One figure of `width` x 720 units, in pixels of `style.size` lines, on which places are given in those units.

    `count` moments; `show(number)` moves the artists to a moment, `image(number)` gives its pixels. pace: how far a
    3-D space turns from one moment to the next, in steps of a fixed angle.
    """

    def __init_subclass__(cls) -> None:
        """Each kind of sheet makes its artists under our settings, without having to ask for it."""
        super().__init_subclass__()
        cls.__init__ = our_settings()(cls.__init__)  # type: ignore[method-assign]

    def __init__(self, width: float, style: Style):
        self.width, self.style, self.say, self.pace = width, style, style.words, 1.0
        size = (INCHES * width / LINES, INCHES)
        self.figure = Figure(figsize=size, dpi=style.dpi, facecolor=style.colors.background)
        self.canvas = FigureCanvasAgg(self.figure)

    @property
    @abstractmethod
    def count(self) -> int:
        """How many moments there are."""

    @property
    def changes(self) -> list[float]:
        """How much changes from each measured moment to the next; the same for all by default."""
        return [1.0] * (self.count - 1)

    @abstractmethod
    def show(self, number: int) -> None:
        """Moves every artist to the moment `number`."""

    @our_settings()
    def image(self, number: int) -> np.ndarray:
        """The picture of that moment, uint8 (height, width, 3)."""
        self.show(number)
        self.canvas.draw()
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    @our_settings()
    def file(self, number: int, kind: str) -> bytes:
        """The picture of that moment as png, svg or pdf; dots are pixels in the vector formats."""
        self.show(number)
        return figure_file(self.figure, kind, self.style)

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        return self.figure.add_axes((left / self.width, bottom / LINES, width / self.width, height / LINES))

    def text(self, x: float, y: float, content: str, size: float, muted: bool = False, **more: Any) -> Any:
        color = self.style.colors.muted if muted else self.style.colors.ink
        return self.figure.text(
            x / self.width, y / LINES, content, fontsize=size, color=color, fontfamily=families(content), **more
        )


def write(artist: Text, content: str) -> None:
    """Sets the text of a caption, in fonts that have its signs."""
    if artist.get_text() != content:
        artist.set(text=content, fontfamily=families(content))


class RunSheet(Sheet):
    """A sheet of one split of a run, with a moment a snapshot."""

    def __init__(self, width: float, style: Style, run: Run, split: SplitName):
        super().__init__(width, style)
        self.run, self.split = run, split

    @property
    def count(self) -> int:
        return len(self.run.snapshots)

    @property
    def changes(self) -> list[float]:
        return changes_of(self.run.snapshots, self.split)


class SpaceSheet(RunSheet):
    """A sheet of the feature space: run is the one that is in view, in two or three dimensions."""

    def __init__(self, width: float, style: Style, run: Run, split: SplitName):
        require_drawable(run, split)
        super().__init__(width, style, in_view(run, split, style.projection, style.classes), split)


@our_settings()
def figure_file(figure: Figure, kind: str, style: Style, box: Bbox | None = None) -> bytes:
    """The figure, or the part in a box of inches, as png, svg or pdf; the same figure gives the same bytes."""
    packed = io.BytesIO()
    figure.savefig(
        packed,
        format=kind,
        dpi=style.dpi if kind == "png" else VECTOR_DPI,
        transparent=style.transparent,
        bbox_inches=box,
        metadata=REPRODUCIBLE[kind],
    )
    return packed.getvalue()
