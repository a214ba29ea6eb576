"""How the pictures look: colours, sizes and line widths, as data."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb, to_hex, to_rgb

from marginalia.core.errors import InputError
from marginalia.core.margin import Margin
from marginalia.viz.words import ENGLISH, Words

INCHES = 7.2
BADGE_POINTS = 29.0
FULL_BADGES = 20
SHADES = (("#000000", 0.4), ("#ffffff", 0.45), ("#000000", 0.65), ("#ffffff", 0.7))
PALETTE = "petroff10"
GOLDEN = 0.618034
TONES = ((0.85, 0.62), (0.55, 0.9), (0.95, 0.85))  # saturation and value
GREY = 0.35
MOST_NAMED = 47


@dataclass(frozen=True)
class Theme:
    background: str
    ink: str
    muted: str


THEMES = {
    "light": Theme(background="#ffffff", ink="#16161d", muted="#63636e"),
    "dark": Theme(background="#14151a", ink="#f4f4f6", muted="#a5a6b0"),
}


@dataclass(frozen=True)
class Style:
    """The look of a frame; it changes no number in it.

    size: height of a frame, pixels; type and lines grow with it. theme: a key of THEMES. palette: one of matplotlib's
    colour sequences. overlays: of regions, margin, centres, errors. view: "features" as they are, their directions on
    the unit "circle", or "both"; "auto" is both where the loss normalises the features. transparent: no background,
    for stills. camera: see `camera.Camera`. pull: the class of which arrows show the pull, see `PullField`.
    words: what captions say. projection: how more than three dimensions are shown, see `projection.projected`.
    classes: names of those that have colours and badges, the others are grey; all if there are none.
    """

    size: int = 720
    theme: str = "light"
    palette: str = PALETTE
    overlays: tuple[str, ...] = ("regions", "margin", "errors")
    view: str = "auto"
    transparent: bool = False
    camera: str = "follow"
    pull: str = ""
    words: Words = ENGLISH
    projection: str = "means"
    classes: tuple[str, ...] = ()

    @property
    def colors(self) -> Theme:
        return THEMES[self.theme]

    @property
    def dpi(self) -> float:
        return self.size / INCHES

    def view_of(self, spec: Margin) -> str:
        if self.view != "auto":
            return self.view
        return "both" if spec.x_norm else "features"


def class_colors(count: int, palette: str = PALETTE) -> list[str]:
    """A colour a class, from one of matplotlib's colour sequences, then its darker and paler relatives.

    petroff10 (Petroff 2021, 2107.02270) keeps its colours apart for readers with any colour-vision deficiency. Where
    these do not suffice, hues are spread by the golden angle in three lightnesses, so that neighbours differ most.
    """
    base = [to_hex(color) for color in matplotlib.color_sequences[palette]]
    shades = [base, *([blend(color, toward, share) for color in base] for toward, share in SHADES)]
    colors = [color for row in shades for color in row]
    if count <= len(colors):
        return colors[:count]
    return [to_hex(tuple(hsv_to_rgb((GOLDEN * number % 1, *TONES[number % len(TONES)])))) for number in range(count)]


def require_palette(name: str) -> None:
    """InputError unless matplotlib has a colour sequence of this name."""
    if name not in matplotlib.color_sequences:
        raise InputError(f"--palette {name!r} is not there; there are: {', '.join(sorted(matplotlib.color_sequences))}")


def blend(color: str, toward: str, share: float) -> str:
    """`color` moved by `share` of the way to another."""
    (r, g, b), (r2, g2, b2) = to_rgb(color), to_rgb(toward)
    return to_hex((r + (r2 - r) * share, g + (g2 - g) * share, b + (b2 - b) * share))


def readable_on(color: str) -> str:
    """Black or white, whichever has the higher WCAG contrast on this colour."""
    return "#000000" if luminance(color) > 0.179 else "#ffffff"


def luminance(color: str) -> float:
    """WCAG 2 relative luminance, 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def badge_points(classes: int) -> float:
    """Diameter of a class badge, points of 1/72 inch: so that all of them fit on the ring."""
    return BADGE_POINTS * min(1, FULL_BADGES / classes)


def inches(ax: Axes) -> float:
    """The shorter side of the axes, inches; the sizes of dots, lines and badges follow from it."""
    box = ax.get_position()
    width, height = ax.get_figure(root=True).get_size_inches()  # type: ignore[union-attr]
    return float(min(box.width * width, box.height * height))
