"""A run's numbers as few bytes: 12 bits a coordinate, differences over the epochs, gzip.

Coordinates are polar, since the losses speak of angles: the angle in 4,096 steps of a turn, the length in 4,095 steps
of the longest feature of its snapshot. So a point close to the middle keeps its direction, at every epoch.
"""

from __future__ import annotations

import base64
import gzip

import numpy as np

from marginalia.record.snapshot import SPLITS, Run, SplitName
from marginalia.viz.panels import stacked

STEPS = 4096
GREYS = 15
GZIP_LEVEL = 7  # 9 takes seven times as long for 1.6 % less


def text(content: bytes) -> str:
    """gzip and base64, the same for the same bytes whenever it is asked."""
    return base64.b64encode(gzip.compress(content, GZIP_LEVEL, mtime=0)).decode()


def run_bytes(run: Run, chosen: dict[SplitName, np.ndarray]) -> bytes:
    """A run's points and angles, before gzip; `packing.mjs` reads them in this order.

    For each split: angles and lengths (S, M) as `planes`, then predictions (S, M), a byte each, as differences modulo
    256 to the snapshot before, the first to the labels; then counts of own angles (S, C, bins) of all the split's
    points, uint16.
    """
    parts = []
    for split in SPLITS:
        features = series(run, split, chosen[split])
        parts += [planes(angle_steps(features)), planes(length_steps(features))]
        points = [snapshot.points(split) for snapshot in run.snapshots]
        predictions = np.stack([part.predictions[chosen[split]] for part in points if part.predictions is not None])
        labels = points[0].labels[chosen[split]]
        parts.append(np.diff(predictions, axis=0, prepend=labels[None]).astype(np.uint8).tobytes())
        parts.append(histogram(run, split).astype("<u2").tobytes())
    return b"".join(parts)


def series(run: Run, split: SplitName, chosen: np.ndarray) -> np.ndarray:
    """The features of these points in every snapshot, float64 (S, M, 2)."""
    return np.stack([s.points(split).features[chosen].astype(np.float64) for s in run.snapshots])


def longest(features: np.ndarray) -> np.ndarray:
    """The longest feature of each snapshot, (S,); 1 where all are zero."""
    lengths = np.linalg.norm(features, axis=2).max(axis=1)
    return np.where(lengths == 0, 1, lengths)


def angle_steps(features: np.ndarray) -> np.ndarray:
    """(S, M, 2) -> whole steps of a turn, 0 … 4,095, (S, M)."""
    turns = np.arctan2(features[..., 1], features[..., 0]) / (2 * np.pi)
    return np.round(turns * STEPS).astype(np.int64) % STEPS


def length_steps(features: np.ndarray) -> np.ndarray:
    """(S, M, 2) -> whole steps of the longest of the snapshot, 0 … 4,095, (S, M); 0 is only for no length."""
    lengths = np.linalg.norm(features, axis=2) / longest(features)[:, None]
    return np.maximum(np.round(lengths * (STEPS - 1)), lengths > 0).astype(np.int64)


def planes(steps: np.ndarray) -> bytes:
    """Differences along the first axis, by the shorter way round 4,096; two bytes each.

    A difference d is stored as 2 d, or as -2 d - 1 if it is negative; all low bytes come before all high ones.
    """
    change = (np.diff(steps, axis=0, prepend=0) + STEPS // 2) % STEPS - STEPS // 2
    folded = np.where(change < 0, -2 * change - 1, 2 * change)
    return (folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes()


def histogram(run: Run, split: SplitName) -> np.ndarray:
    """How many points of each class have each angle to their own class, (S, C, bins); bins as in a slide's chart."""
    classes, count = len(run.class_names), len(run.snapshots[0].points(split).labels)
    tops = np.stack([stacked(snapshot, split, classes) for snapshot in run.snapshots])
    return np.round(np.diff(tops, axis=1, prepend=0) * count).astype(np.int64)


def digit_bytes(pixels: np.ndarray) -> bytes:
    """uint8 (N, 28, 28) -> 16 greys, two pixels a byte, the left one high; a pixel is off by at most 8."""
    greys = np.round(pixels.reshape(-1) / (255 / GREYS)).astype(np.uint8)
    return (greys[0::2] << 4 | greys[1::2]).tobytes()
