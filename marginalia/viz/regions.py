"""Which part of a 2-D space belongs to which class: sectors, the narrower ones of training, cells and polygons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marginalia.core.margin import Margin, psi
from marginalia.record.metrics import unit
from marginalia.record.snapshot import Run, Snapshot

GRID = 720
HALVINGS = 40
CUT = 1e-12
TURN = 2 * np.pi
MOST_OF_A_TURN = 1.5 * np.pi


@dataclass(frozen=True)
class Arc:
    """Directions from `start` counter-clockwise over `width`, radians, that belong to class `label`."""

    start: float
    width: float
    label: int


def decision_arcs(class_weights: np.ndarray, spec: Margin) -> list[Arc]:
    """The sectors in which each class has the largest logit without margin; together they fill the circle.

    class_weights: (C, 2). No layer has a bias, so |x| drops out: the corners of the convex hull of the weights win,
    each between the outward normals of its two sides. A class whose weight lies inside the hull has no sector.
    """
    weights = effective(class_weights, spec)
    corners = hull(weights)
    if len(corners) == 1:
        return [Arc(0.0, TURN, corners[0])]
    sides = np.roll(weights[corners], -1, axis=0) - weights[corners]
    ends = (np.arctan2(sides[:, 1], sides[:, 0]) - np.pi / 2) % TURN
    starts = np.roll(ends, 1)
    arcs = zip(starts.tolist(), ((ends - starts) % TURN).tolist(), corners, strict=True)
    # none of several is wider than half a turn; one of no width may come out as a whole turn by rounding
    sectors = [Arc(*arc) for arc in arcs if arc[1] < MOST_OF_A_TURN]
    return sorted(sectors, key=lambda arc: arc.start)


def hull(points: np.ndarray) -> list[int]:
    """Numbers of the corners of the convex hull of points (N, 2), counter-clockwise (Andrew 1979); at least one.

    Of equal points it is the first, which is also the prediction.
    """
    sorted_points, first = np.unique(points, axis=0, return_index=True)
    places, order = sorted_points.tolist(), list(range(len(first)))

    def half(numbers: list[int]) -> list[int]:
        kept: list[int] = []
        for number in numbers:
            while len(kept) > 1 and not turns_left(places[kept[-2]], places[kept[-1]], places[number]):
                kept.pop()
            kept.append(number)
        return kept

    corners = half(order)[:-1] + half(order[::-1])[:-1]
    return first[corners or order].tolist()


def turns_left(a: list[float], b: list[float], c: list[float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])


def training_arcs(class_weights: np.ndarray, spec: Margin) -> list[Arc]:
    """The sectors in which each class would win even with its margin: |w_y| psi(theta_y) >= |w_j| cos(theta_j), all j.

    class_weights: (C, 2). Each lies within the class's decision arc, since psi is at most the cosine. What is left
    between them is the margin. Boundaries are bracketed on a grid of half a degree and at the class directions, so that
    only an arc narrower than that and off its direction would be missed, and then halved until they are exact to 1e-14.
    """
    surplus, sectors = Surplus(class_weights, spec), decision_arcs(class_weights, spec)
    starts, labels = np.array([arc.start for arc in sectors]), np.array([arc.label for arc in sectors])
    grid = np.concatenate((np.linspace(0, TURN, GRID, endpoint=False), surplus.directions % TURN))
    owners = labels[np.searchsorted(starts, grid, side="right") - 1]
    inside = surplus(grid, owners) >= 0
    if len(sectors) == 1 and inside.all():
        return [Arc(0.0, TURN, sectors[0].label)]
    if len(sectors) > 1:  # where two classes meet, neither wins with a margin
        grid, owners = np.concatenate((starts, grid)), np.concatenate((labels, owners))
        inside = np.concatenate((np.zeros(len(starts), dtype=bool), inside))
    order = np.argsort(grid, kind="stable")
    grid, owners, inside = grid[order], owners[order], inside[order]
    following = np.append(grid[1:], grid[0] + TURN)
    crossing = np.flatnonzero(inside != np.roll(inside, -1))
    entering = ~inside[crossing]
    owners = np.where(entering, np.roll(owners, -1)[crossing], owners[crossing])
    roots = surplus.roots(grid[crossing], following[crossing], owners, entering)
    first, last = roots[entering], np.roll(roots, -1)[entering]
    arcs = zip((first % TURN).tolist(), ((last - first) % TURN).tolist(), owners[entering].tolist(), strict=True)
    return [Arc(*arc) for arc in arcs]


class Surplus:
    """|w_y| psi(theta_y) - max |w_j| cos(theta_j): how far a direction is inside the region that training asks for."""

    def __init__(self, class_weights: np.ndarray, spec: Margin):
        self.weights, self.spec = effective(class_weights, spec), spec
        self.lengths = np.linalg.norm(self.weights, axis=1)
        self.directions = np.arctan2(self.weights[:, 1], self.weights[:, 0])

    def __call__(self, angles: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """At directions (K,) in radians, each for the class labels (K,) -> (K,)."""
        theta = np.abs((angles - self.directions[labels] + np.pi) % TURN - np.pi)
        others = self.weights @ on_circle(angles)
        others[labels, np.arange(len(labels))] = -np.inf
        return self.lengths[labels] * psi(theta, self.spec) - others.max(axis=0)

    def roots(self, low: np.ndarray, high: np.ndarray, labels: np.ndarray, entering: np.ndarray) -> np.ndarray:
        """Where the sign changes between low (K,) and high (K,), from minus to plus where `entering`, by halving."""
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            before = (self(middle, labels) < 0) == entering
            low, high = np.where(before, middle, low), np.where(before, high, middle)
        return (low + high) / 2


def convex_regions(snapshot: Snapshot, run: Run, scale: float, reach: float) -> list[np.ndarray]:
    """The cells or polygons of the run's classes in a picture that multiplies lengths by `scale`, out to `reach`."""
    if run.regions == "cells":
        return cells(scale * snapshot.class_weights, reach)
    bias = np.zeros(len(snapshot.class_weights)) if snapshot.bias is None else snapshot.bias
    return polygons(effective(snapshot.class_weights, run.spec), scale * bias, reach)


def cells(class_weights: np.ndarray, reach: float) -> list[np.ndarray]:
    """Where each class weight is the nearest: `polygons` of the logits w . x - |w|^2 / 2."""
    weights = np.asarray(class_weights, dtype=np.float64)
    return polygons(weights, -np.sum(weights**2, axis=1) / 2, reach)


def polygons(class_weights: np.ndarray, bias: np.ndarray, reach: float) -> list[np.ndarray]:
    """Where each class has the largest logit w . x + b, within a square of side 2 reach: convex polygons, (K, 2) each.

    class_weights: (C, 2); bias: (C,). A class that has it nowhere, or not in the square, has an empty one.
    """
    weights, bias = np.asarray(class_weights, dtype=np.float64), np.asarray(bias, dtype=np.float64)
    square = reach * np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)), dtype=np.float64)
    found = []
    for weight, offset in zip(weights, bias, strict=True):
        corners, normals, bounds = square, weights - weight, offset - bias
        for _ in range(len(weights)):
            heights = corners @ normals.T - bounds
            cutting = int(heights.max(axis=0).argmax()) if len(corners) else 0
            if not len(corners) or heights[:, cutting].max() <= CUT * reach * np.abs(weights).max():
                break
            corners = clipped(corners, normals[cutting], bounds[cutting])
        found.append(corners)
    return found


def clipped(corners: np.ndarray, normal: np.ndarray, bound: float) -> np.ndarray:
    """The part of a convex polygon (K, 2) where normal . x <= bound (Sutherland and Hodgman)."""
    kept = []
    height = corners @ normal - bound
    for number in range(len(corners)):
        here, there = height[number - 1], height[number]
        if here * there < 0:
            kept.append(corners[number - 1] + here / (here - there) * (corners[number] - corners[number - 1]))
        if there <= 0:
            kept.append(corners[number])
    return np.array(kept).reshape(-1, 2)


def effective(class_weights: np.ndarray, spec: Margin) -> np.ndarray:
    """The weights that the logits are made of, float64: of length 1 if the loss normalises them."""
    return unit(class_weights) if spec.w_norm else np.asarray(class_weights, dtype=np.float64)


def on_circle(angles: np.ndarray) -> np.ndarray:
    """(K,) -> (2, K)."""
    return np.stack((np.cos(angles), np.sin(angles)))
