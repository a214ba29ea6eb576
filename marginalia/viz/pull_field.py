"""Arrows over the disc: where training moves features of one class, with the class weights of the moment."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from marginalia.core.errors import InputError
from marginalia.core.margin import sampled_psi
from marginalia.record.snapshot import Run, Snapshot
from marginalia.viz.camera import Camera
from marginalia.viz.pull import pull
from marginalia.viz.regions import on_circle
from marginalia.viz.style import Style

RADII = (0.16, 0.34, 0.52, 0.7, 0.88)
ARROWS_A_RING = 34
LONGEST = 0.15


class PullField:
    """Artists made once; `show(snapshot, camera)` turns the arrows. Of a flat run under a loss of AngleLinear.

    An arrow is as long as the root of the pull, the longest of a frame always the same.
    Raises InputError if the run has no class of this name, or the pull is not that of its loss.
    """

    def __init__(self, ax: Axes, run: Run, name: str, disc: float, style: Style):
        if run.head != "" or run.dimension != 2:
            raise InputError(f"{run.name}: the pull is known of losses of AngleLinear in the plane")
        plain = sampled_psi(run.spec)
        for snapshot in run.snapshots:
            if snapshot.bias is not None or not (snapshot.psi is None or np.allclose(snapshot.psi, plain, atol=1e-4)):
                raise InputError(f"{run.name} has a bias or a margin that comes in slowly: its pull is not known")
        if name not in run.class_names:
            raise InputError(f"{run.name} has no class {name!r}; it has {', '.join(run.class_names)}")
        self.label, self.spec = run.class_names.index(name), run.spec
        turns = [np.linspace(0, 2 * np.pi, round(ARROWS_A_RING * radius) + 4, endpoint=False) for radius in RADII]
        rings = [radius * on_circle(angles).T for radius, angles in zip(RADII, turns, strict=True)]
        self.places, self.longest = disc * np.concatenate(rings), LONGEST * disc
        nothing = np.zeros(len(self.places))
        self.arrows = ax.quiver(
            *self.places.T, nothing, nothing, angles="xy", scale_units="xy", scale=1, color=style.colors.ink,
            alpha=0.65, width=0.0035, headwidth=4, headlength=4.5, headaxislength=4, minlength=0.2, pivot="mid",
            zorder=3.5,
        )  # fmt: skip

    def show(self, snapshot: Snapshot, camera: Camera) -> None:
        """On a logarithmic scale of lengths, arrows would not be straight: there are none."""
        scale = camera.scale(snapshot)
        self.arrows.set_visible(scale is not None)
        if scale is None:
            return
        moves = pull(self.places * camera.reach / scale, self.label, snapshot.class_weights, self.spec)
        strength = np.linalg.norm(moves, axis=1, keepdims=True)
        seen = self.longest * camera.reach * moves / np.sqrt(np.maximum(strength, 1e-12) * max(strength.max(), 1e-12))
        self.arrows.set_offsets(self.places * camera.reach)
        self.arrows.set_UVC(*seen.T)
