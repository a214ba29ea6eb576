"""Where things stand in a frame: a scale that holds a whole run, the view of a 3-D space, badges side by side."""

from __future__ import annotations

import numpy as np

from marginalia.record.metrics import unit
from marginalia.record.snapshot import Points, Run

BULK = 0.999
CLOUD_REACH = 0.78
LOBED_REACH, LOBE_HEIGHT = 0.65, 0.21
UNIT_RING = 0.84
BADGE_RING = 0.93
ELEVATION = np.radians(25)
FULL_TURN = 60
ROUNDS = 60
TURN_PER_FRAME = 2 * np.pi / FULL_TURN


def half_height(run: Run) -> float:
    """Half the height of the axes in feature units: the same for every frame and all splits of a run.

    All but a thousandth of the points of each snapshot stay inside the ring; the last outlier stays in the frame.
    """
    bulk = outlier = 0.0
    for snapshot in run.snapshots:
        for points in snapshot.splits.values():
            radius = norms(points)
            bulk = max(bulk, float(np.quantile(radius, BULK)))
            outlier = max(outlier, float(radius.max()))
    return max(bulk / CLOUD_REACH, outlier * 1.03) or 1.0


def norms(points: Points) -> np.ndarray:
    """|x| of each point, float64 (N,)."""
    return np.linalg.norm(points.features.astype(np.float64), axis=1)


def flatten(vectors: np.ndarray, frame: float) -> np.ndarray:
    """(N, 2) as it is; (N, 3) seen from above at an angle that turns from frame to frame, orthographic -> (N, 2)."""
    if vectors.shape[1] == 2:
        return vectors
    turn = TURN_PER_FRAME * frame
    right = (-np.sin(turn), np.cos(turn), 0)
    up = (-np.sin(ELEVATION) * np.cos(turn), -np.sin(ELEVATION) * np.sin(turn), np.cos(ELEVATION))
    return vectors @ np.array((right, up), dtype=vectors.dtype).T


def depth(vectors: np.ndarray, frame: float) -> np.ndarray:
    """How near (N, 3) are to the reader of that frame, (N,): positive in front of the middle; 0 for a flat space."""
    if vectors.shape[1] == 2:
        return np.zeros(len(vectors), dtype=vectors.dtype)
    turn = TURN_PER_FRAME * frame
    toward = (np.cos(ELEVATION) * np.cos(turn), np.cos(ELEVATION) * np.sin(turn), np.sin(ELEVATION))
    return vectors @ np.array(toward, dtype=vectors.dtype)


def class_means(points: Points) -> np.ndarray:
    """Mean feature of each class that has points, (at most C, D)."""
    return np.array([points.features[points.labels == label].mean(axis=0) for label in np.unique(points.labels)])


def badge_places(class_weights: np.ndarray, gap: float, frame: float) -> np.ndarray:
    """Where the badges stand on a ring of radius 1, (C, 2): at the tips, moved apart to at least `gap` radians.

    In three dimensions a tip can point at the reader, so the badges stand at the tips as they are seen.
    """
    tips = flatten(unit(class_weights), frame)
    if class_weights.shape[1] != 2:
        return pushed_apart(tips, gap)
    angles = spread(np.arctan2(tips[:, 1], tips[:, 0]), gap)
    return np.stack((np.cos(angles), np.sin(angles)), axis=1)


def pushed_apart(places: np.ndarray, gap: float) -> np.ndarray:
    """The places (K, 2), each pair that is closer than `gap` pushed apart, until none is or ROUNDS are over."""
    places = places.astype(np.float64)
    for _ in range(ROUNDS):
        away = places[:, None] - places
        distance = np.linalg.norm(away, axis=2)
        missing = np.clip(gap - distance, 0, None)
        np.fill_diagonal(missing, 0)
        if not missing.any():
            break
        places = places + np.sum(away * (missing / np.maximum(distance, 1e-9))[:, :, None], axis=1) / 2
    return places


def spread(angles: np.ndarray, gap: float) -> np.ndarray:
    """The angles (radians) moved as little as needed for neighbours on the circle to be `gap` apart.

    The circle is cut at its widest gap; on the line that is left this is isotonic regression. Where the badges fill
    the whole circle, they stand evenly.
    """
    count = len(angles)
    order = np.argsort(angles)
    placed = angles[order].astype(float)
    widest = int(np.argmax(np.diff(placed, append=placed[0] + 2 * np.pi)))
    order, placed = np.roll(order, -widest - 1), np.roll(placed, -widest - 1)
    placed[count - widest - 1 :] += 2 * np.pi
    offsets = gap * np.arange(count)
    placed = isotonic(placed - offsets) + offsets
    if placed[-1] - placed[0] > 2 * np.pi - gap:
        placed = placed.mean() + 2 * np.pi * (np.arange(count) - (count - 1) / 2) / count
    result = np.empty(count)
    result[order] = (placed + np.pi) % (2 * np.pi) - np.pi
    return result


def isotonic(values: np.ndarray) -> np.ndarray:
    """The non-decreasing sequence nearest to the values in least squares, by pooling adjacent violators."""
    means: list[float] = []
    sizes: list[int] = []
    for value in values:
        mean, size = float(value), 1
        while means and means[-1] > mean:
            mean = (means[-1] * sizes[-1] + mean * size) / (sizes[-1] + size)
            size += sizes.pop()
            means.pop()
        means.append(mean)
        sizes.append(size)
    return np.repeat(means, sizes)
