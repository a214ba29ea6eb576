"""How lengths of features become lengths in the picture. Directions stay as they are, whatever the camera."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from marginalia.record.snapshot import Points, Run, Snapshot
from marginalia.viz.geometry import CLOUD_REACH, half_height, norms
from marginalia.viz.numbers import in_digits
from marginalia.viz.words import ENGLISH, Words

KINDS = ("fixed", "follow", "log")
INSIDE = 0.995
JUST_BEYOND = 1.03
SHORT = 0.05
FAINTEST = 1e-6
DIGITS = (1, 2, 5)
LEAST_RING, LARGEST_RING, MOST_RINGS = 0.24, 0.97, 3
SMOOTHING = (1, 4, 1)
OUTER = 0.8


class Camera:
    """Set for a run by `widen`, then asked for each snapshot. reach: half the height of the axes, in their units.

    disc: the radius of the disc in which the features lie, as a share of that.

    fixed: features are drawn as they are, in limits that hold the whole run.
    follow: each snapshot is scaled to its own features. The rim of the disc is at a length that holds 99.5 % of them,
    smoothed over the neighbours in log |x|; what is longer stands just beyond the rim.
    log: one logarithmic scale of lengths for the whole run.
    """

    def __init__(self, kind: str, disc: float = CLOUD_REACH):
        self.kind, self.disc = kind, disc
        self.reach = 0.0
        self.lengths: dict[float, float] = {}
        self.short = 0.0

    def widen(self, run: Run) -> None:
        """Adds the snapshots of this run to those that the camera must hold."""
        if self.kind == "fixed":
            self.reach = max(self.reach, half_height(run))
            return
        self.reach = 1.0
        for snapshot in (snapshot for snapshot in run.snapshots if snapshot.before is None):
            lengths = np.concatenate([norms(points) for points in snapshot.splits.values()])
            needed = float(np.quantile(lengths, INSIDE)) or 1.0
            self.lengths[snapshot.epoch] = max(needed, self.lengths.get(snapshot.epoch, 0))
            if self.lengths[snapshot.epoch] == min(self.lengths.values()):
                self.short = float(np.quantile(lengths, SHORT))

    def rim(self, snapshot: Snapshot) -> float:
        """The length of a feature at the rim of the disc; None for a fixed camera."""
        if self.kind == "log":
            return max(self.lengths.values())
        here = self.smooth(snapshot.measured.epoch)
        if not snapshot.share:
            return here
        following = min((epoch for epoch in self.lengths if epoch > snapshot.epoch), default=snapshot.epoch)
        return float(here ** (1 - snapshot.share) * self.smooth(following) ** snapshot.share)

    def smooth(self, epoch: float) -> float:
        """The mean of log |x| over this epoch and its neighbours, so far as the features reach the outer fifth."""
        known = sorted(self.lengths)
        place = known.index(epoch)
        near = [self.lengths[known[i]] for i in (max(0, place - 1), place, min(len(known) - 1, place + 1))]
        mean = float(np.exp(np.average(np.log(near), weights=SMOOTHING)))
        return min(max(self.lengths[epoch], mean), self.lengths[epoch] / OUTER)

    def scale(self, snapshot: Snapshot) -> float | None:
        """The factor for every length; None on a logarithmic scale."""
        if self.kind == "log":
            return None
        return 1.0 if self.kind == "fixed" else self.disc / self.rim(snapshot)

    def seen(self, vectors: np.ndarray, snapshot: Snapshot) -> np.ndarray:
        """Where features (N, D) of this snapshot stand in the picture, (N, D), in units of the axes."""
        if self.kind == "fixed":
            return vectors
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
        wanted = self.disc * np.minimum(self.share(lengths, snapshot), JUST_BEYOND)
        return vectors * np.divide(wanted, lengths, out=np.zeros_like(lengths), where=lengths > 0)[:, None]

    def share(self, lengths: np.ndarray, snapshot: Snapshot) -> np.ndarray:
        """How far from the middle to the rim features of these lengths (N,) stand, 1 at the rim."""
        rim = self.rim(snapshot)
        if self.kind == "log":
            short = max(self.short, FAINTEST * rim)
            return np.log1p(lengths / short) / np.log1p(rim / short)
        return lengths / rim

    def beyond(self, points: Points, snapshot: Snapshot) -> int:
        """How many of the points are longer than the rim shows."""
        return int(np.count_nonzero(norms(points) > self.rim(snapshot)))

    def in_words(self, snapshot: Snapshot, split: str, say: Words = ENGLISH) -> str:
        """A line about the lengths of the features and the number beyond the rim; "" for a fixed camera."""
        if self.kind == "fixed":
            return ""
        measured = snapshot.measured
        beyond = self.beyond(measured.points(split), measured)
        reach = in_digits(self.rim(measured))
        return say("|x| up to {}, {} beyond", reach, f"{beyond:,}") if beyond else say("|x| up to {}", reach)

    def rings(self, snapshot: Snapshot) -> list[tuple[float, float]]:
        """Round lengths and the radii at which they stand, in units of the axes: 1, 2, 5, 10, …, the longest first."""
        rim = self.rim(snapshot)
        decades = range(int(np.floor(np.log10(rim))) - 6, int(np.floor(np.log10(rim))) + 1)
        digits = (1,) if self.kind == "log" else DIGITS
        lengths = np.array([digit * 10.0**decade for decade in decades for digit in digits])
        shares = self.share(lengths, snapshot)
        found = [
            (float(length), float(self.disc * share))
            for length, share in zip(lengths, shares, strict=True)
            if LEAST_RING <= share <= LARGEST_RING
        ]
        return found[::-1][:MOST_RINGS]


def widest_gap(directions: np.ndarray) -> float:
    """The middle of the widest gap between directions (K, 2), radians; 45 degrees if there are none."""
    if not len(directions):
        return np.pi / 4
    angles = np.sort(np.arctan2(directions[:, 1], directions[:, 0]))
    gaps = [(after - before, before) for before, after in pairwise([*angles, angles[0] + 2 * np.pi])]
    width, start = max(gaps)
    return float(start + width / 2)
