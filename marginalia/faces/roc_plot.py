"""The ROC curve as a picture, in the style of viz."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter

from marginalia.training.roc import FALSE_ACCEPTS, FEWEST_ACCEPTED, Roc
from marginalia.viz.labels import families, shown
from marginalia.viz.sheet import LINES, Sheet
from marginalia.viz.style import Style, class_colors

TOLD_TO = min(FALSE_ACCEPTS)


class RocSheet(Sheet):
    """Share of same pairs accepted over share of different ones accepted, a logarithm; a curve a model.

    A curve ends at the rate where ten pairs of different people are accepted.
    """

    count = 1

    def __init__(self, curves: Mapping[str, Roc], style: Style):
        super().__init__(LINES, style)
        self.ax = self.axes(124, 92, 560, 536)
        colors = style.colors
        least = np.clip(min(curve.least_far for curve in curves.values()), TOLD_TO, max(FALSE_ACCEPTS))
        for (name, curve), color in zip(curves.items(), class_colors(len(curves), style.palette), strict=True):
            label = f"{shown(name, 24)}   AUC {curve.auc:.4f}   EER {100 * curve.eer:.2f} %"
            start = np.searchsorted(curve.far, curve.least_far, side="right") - 1
            far = curve.far[start:].clip(curve.least_far)
            self.ax.plot(far, curve.tar[start:], color=color, lw=2.5, label=label, drawstyle="steps-post")
            told = {rate: tar for rate in FALSE_ACCEPTS if (tar := curve.tar_at(rate)) is not None}
            self.ax.plot(list(told), list(told.values()), "o", color=color, markersize=7)
        self.ax.set(xscale="log", xlim=(10 ** np.floor(np.log10(least) + 1e-9), 1), ylim=(0, 1.01))
        percent = FuncFormatter(lambda value, _: f"{100 * value:.4g} %")
        self.ax.xaxis.set_major_formatter(percent)
        self.ax.xaxis.set_minor_formatter(NullFormatter())
        self.ax.yaxis.set_major_formatter(percent)
        self.dress(style)
        font = {"size": 14, "family": families("".join(curves))}
        self.ax.legend(loc="lower right", prop=font, frameon=False, labelcolor=colors.ink)
        self.text(124, 656, "Pairs of faces", 26, fontweight="bold")
        fewest = min(curve.impostors for curve in curves.values())
        end = "the curve ends at ten accepted" if fewest >= FEWEST_ACCEPTED else "too few for a curve"
        self.text(124, 635, f"{fewest:,} pairs of different people; {end}", 11.5, True)
        self.text(404, 22, "different people accepted (FAR)", 18, ha="center")
        self.text(22, 360, "same person accepted (TAR)", 18, rotation=90, va="center")

    def dress(self, style: Style) -> None:
        colors, ax = style.colors, self.ax
        ax.set_facecolor(colors.background)
        ax.tick_params(colors=colors.muted, labelsize=14)
        ax.tick_params(which="minor", length=0)
        ax.grid(True, color=colors.muted, alpha=0.25, lw=0.8)
        for name, spine in ax.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(colors.muted)

    def show(self, number: int) -> None:
        """There is one moment only."""

    def png(self) -> Any:
        return self.file(0, "png")
