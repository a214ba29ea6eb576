"""How long each frame of a movie is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from marginalia.record.snapshot import Points, Snapshot, SplitName
from marginalia.viz.encode import SHORTEST_MILLISECONDS
from marginalia.viz.geometry import norms

LEAST, MOST = 0.5, 2.5
BULK = 0.995


@dataclass(frozen=True)
class Timing:
    """seconds: from one snapshot to the next, in the mean; hold: how long the last frame is shown, seconds.

    between: how many interpolated frames are drawn between two snapshots. even: all frames are shown equally long;
    otherwise a frame is shown longer where more changes until the next snapshot.
    """

    seconds: float = 0.4
    hold: float = 2.0
    between: int = 0
    even: bool = False

    def milliseconds(self, changes: Sequence[float]) -> list[int]:
        """How long each frame is shown: multiples of 10 ms, as GIFs keep them, at least 20.

        changes: how much the space changes from each snapshot to the next. The whole takes as long as evenly, unless
        frames come down to 20 ms.
        """
        shares = np.ones(len(changes)) if self.even else shares_of_time(np.asarray(changes, float))
        ends = np.cumsum(np.repeat(shares * self.seconds / (self.between + 1), self.between + 1))
        times = np.diff(np.round(100 * ends), prepend=0) * 10
        last = round(100 * max(self.hold, self.seconds)) * 10
        return [max(SHORTEST_MILLISECONDS, int(time)) for time in (*times, last)]


def shares_of_time(changes: np.ndarray) -> np.ndarray:
    """1 in the mean, and from half of it to two and a half times it before they are brought to that mean."""
    if not changes.any():
        return np.ones(len(changes))
    shares = np.clip(changes / changes.mean(), LEAST, MOST)
    return shares / shares.mean()


def changes_of(snapshots: Sequence[Snapshot], split: SplitName) -> list[float]:
    """How far the points of a split move from each snapshot to the next, in the mean, as a share of the disc."""
    placed = [scaled(snapshot.points(split)) for snapshot in snapshots if snapshot.before is None]
    return [float(np.linalg.norm(after - before, axis=1).mean()) for before, after in pairwise(placed)]


def scaled(points: Points) -> np.ndarray:
    return points.features / (float(np.quantile(norms(points), BULK)) or 1.0)
