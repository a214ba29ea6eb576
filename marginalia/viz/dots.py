"""Up to millions of points in the colours of their classes, none of which hides the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba_array

from marginalia.viz.geometry import depth, flatten

PAINT_SEED = 0
BEHIND = 0.3
SUBPIXELS = 16


class Dots(Artist):
    """Discs of one size, made once; `show(positions)` moves them.

    They are painted in a random order that stays the same, so that no class hides the others. NumPy paints them, at
    whole pixels as matplotlib does: the cost grows with the pixels that have dots and with the area of a dot, and
    hardly with the number of points. In vector formats they are an image too.
    """

    def __init__(self, ax: Axes, labels: np.ndarray, colors: list[str], size: float, behind: bool = False):
        """labels: (N,). size: the diameter in points. behind: paler, and below all other dots."""
        super().__init__()
        self.ax = ax
        self.order = np.random.default_rng(PAINT_SEED).permutation(len(labels))
        self.labels = labels[self.order]
        self.palette = np.round(255 * to_rgba_array(colors)).astype(np.uint8)
        self.size, self.opacity = size, BEHIND if behind else 1.0
        self.positions = np.full((len(labels), 2), np.nan)
        self.set_zorder(1.5 if behind else 2)
        self.set_rasterized(True)
        ax.add_artist(self)

    def show(self, positions: np.ndarray, seen: np.ndarray | None = None) -> None:
        """positions: (N, 2), in the order of the labels; seen: bool (N,), which of them are drawn."""
        if seen is not None:
            positions = np.where(seen[:, None], positions, np.nan)
        self.positions = positions[self.order]
        self.stale = True

    @allow_rasterization
    def draw(self, renderer: Any) -> None:
        """Paints the part of the axes in which there are dots."""
        if not self.get_visible():
            return
        stamp = disc(renderer.points_to_pixels(self.size))
        box, height = self.ax.bbox, renderer.get_canvas_width_height()[1]
        columns, rows = (self.ax.transData.transform(self.positions) * (1, -1) + (0.5, height + 0.5)).T
        margin = len(stamp)
        inside = (columns > box.x0 - margin) & (columns < box.x1 + margin)
        inside &= (rows > height - box.y1 - margin) & (rows < height - box.y0 + margin)
        if not inside.any():
            return
        centres = np.floor(np.stack((rows[inside], columns[inside]))).astype(np.int64)
        corner = centres.min(axis=1) - margin // 2
        image = painted(centres - corner[:, None], self.labels[inside], self.palette, stamp, self.opacity)
        context = renderer.new_gc()
        context.set_clip_rectangle(box)
        renderer.draw_image(context, corner[1], height - corner[0] - len(image), image[::-1])
        context.restore()


class Cloud:
    """Dots of a 2-D or 3-D space; in three dimensions those behind the middle are paler and painted first."""

    def __init__(self, ax: Axes, labels: np.ndarray, colors: list[str], size: float, flat: bool):
        self.front = Dots(ax, labels, colors, size)
        self.back = None if flat else Dots(ax, labels, colors, size, behind=True)

    def show(self, vectors: np.ndarray, frame: float) -> None:
        """vectors: (N, D), in the order of the labels, as they are seen in that frame."""
        positions = flatten(vectors, frame)
        if self.back is None:
            self.front.show(positions)
            return
        near = depth(vectors, frame) >= 0
        self.front.show(positions, near)
        self.back.show(positions, ~near)


def disc(diameter: float) -> np.ndarray:
    """How much of each pixel a disc in the middle of a square of pixels covers, (odd, odd), in [0, 1]."""
    half = max(0, int(np.ceil(diameter / 2 - 0.5)))
    places = (np.arange((2 * half + 1) * SUBPIXELS) + 0.5) / SUBPIXELS - half - 0.5
    within = places[:, None] ** 2 + places**2 <= (diameter / 2) ** 2
    return within.reshape(2 * half + 1, SUBPIXELS, 2 * half + 1, SUBPIXELS).mean(axis=(1, 3))


def painted(
    centres: np.ndarray, labels: np.ndarray, palette: np.ndarray, stamp: np.ndarray, opacity: float = 1.0
) -> np.ndarray:
    """The stamp at each centre, later ones over earlier ones, as an image that holds them all, uint8 RGBA.

    centres: int (2, N), rows from the top and columns, at least half a stamp. labels: (N,), rows of the palette.
    A pixel that a stamp covers wholly has the colour of the latest one; where stamps cover a part of it, they are
    blended, the faintest first. Stamps of one centre add up, and so do all of them where opacity is less than 1.
    """
    half = len(stamp) // 2
    high, wide = centres.max(axis=1) + half + 1
    place = centres[0] * wide + centres[1]
    latest = np.full(high * wide, -1, dtype=np.int32)
    np.maximum.at(latest, place, np.arange(len(labels), dtype=np.int32))
    used = np.flatnonzero(latest >= 0)
    ranks, counts = latest[used], np.bincount(place, minlength=high * wide)[used]
    pixels = {(row, column): used + (row - half) * wide + column - half for row, column in np.argwhere(stamp > 0)}
    top = np.full(high * wide, -1, dtype=np.int32)
    for at, where in pixels.items():
        if stamp[at] == 1:
            top[where] = np.maximum(top[where], ranks)
    image = np.vstack((palette, np.zeros(4, dtype=np.uint8)))[np.append(labels, len(palette))[top]]
    for at in sorted(pixels, key=lambda at: stamp[at]):
        if stamp[at] < 1:
            seen = ranks > top[pixels[at]]
            where, share = pixels[at][seen], 1 - (1 - stamp[at]) ** counts[seen, None]
            image[where] = over(image[where], palette[labels[ranks[seen]]], share.astype(np.float32))
    if opacity < 1:
        covered = np.zeros(high * wide)
        for at, where in pixels.items():
            covered[where] += stamp[at] * counts
        image[:, 3] = np.round(255 * (1 - (1 - opacity) ** covered))
    return image.reshape(high, wide, 4)


def over(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Opaque colours that cover a share (N, 1) of pixels (N, 4) which have colours already, uint8 RGBA."""
    left = below[:, 3:] / np.float32(255) * (1 - share)
    opacity = share + left
    colors = (above[:, :3] * share + below[:, :3] * left) / opacity
    return np.round(np.hstack((colors, 255 * opacity))).astype(np.uint8)
