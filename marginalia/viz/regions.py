"""Which directions of a 2-D space belong to which class: exact sectors, and the narrower ones of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marginalia.core.margin import MarginSpec, psi
from marginalia.record.metrics import unit

GRID = 720
HALVINGS = 40
TURN = 2 * np.pi


@dataclass(frozen=True)
class Arc:
    """Directions from `start` counter-clockwise over `width`, radians, that belong to class `label`."""

    start: float
    width: float
    label: int


def decision_arcs(class_weights: np.ndarray, spec: MarginSpec) -> list[Arc]:
    """The sectors in which each class has the largest logit without margin; together they fill the circle.

    class_weights: (C, 2). No layer has a bias, so |x| drops out: class i wins against j on one side of the line that is
    perpendicular to w_i - w_j. Those lines cut the circle; between two neighbouring cuts one class wins throughout. A
    class whose weight lies inside the convex hull of the others has no sector.
    """
    weights = effective(class_weights, spec)
    first, second = np.triu_indices(len(weights), 1)
    across = weights[first] - weights[second]
    across = across[np.linalg.norm(across, axis=1) > 0]
    if not len(across):
        return [Arc(0.0, TURN, 0)]
    normal = np.arctan2(across[:, 1], across[:, 0]) + np.pi / 2
    cuts = np.unique(np.concatenate((normal, normal + np.pi)) % TURN)
    widths = np.diff(cuts, append=cuts[0] + TURN)
    winners = (weights @ on_circle(cuts + widths / 2)).argmax(axis=0)
    return joined([Arc(*arc) for arc in zip(cuts.tolist(), widths.tolist(), winners.tolist(), strict=True)])


def training_arcs(class_weights: np.ndarray, spec: MarginSpec) -> list[Arc]:
    """The sectors in which each class would win even with its margin: |w_y| psi(theta_y) >= |w_j| cos(theta_j), all j.

    class_weights: (C, 2). What is left between them is the margin. Boundaries are bracketed on a grid of half a degree
    and at the class directions, so that only an arc narrower than that and off its direction would be missed, and then
    halved until they are exact to 1e-14.
    """
    surplus = Surplus(class_weights, spec)
    classes = len(surplus.weights)
    corners = np.tile(np.linspace(0, TURN, GRID, endpoint=False), (classes, 1))
    angles = np.sort(np.column_stack((corners, surplus.directions % TURN)), axis=1)
    labels = np.repeat(np.arange(classes)[:, None], angles.shape[1], axis=1)
    inside = surplus(angles.ravel(), labels.ravel()).reshape(angles.shape) >= 0
    following = np.column_stack((angles[:, 1:], angles[:, 0] + TURN))
    enters, leaves = ~inside & np.roll(inside, -1, axis=1), inside & ~np.roll(inside, -1, axis=1)
    crossing = enters | leaves
    owner, entering = labels[crossing], enters[crossing]
    roots = surplus.roots(angles[crossing], following[crossing], owner, entering)
    arcs = [Arc(0.0, TURN, int(label)) for label in np.flatnonzero(inside.all(axis=1))]
    for label, start in zip(owner[entering], roots[entering], strict=True):
        ends = roots[~entering & (owner == label)]
        arcs.append(Arc(float(start % TURN), float(np.min((ends - start) % TURN)), int(label)))
    return arcs


class Surplus:
    """|w_y| psi(theta_y) - max |w_j| cos(theta_j): how far a direction is inside the region that training asks for."""

    def __init__(self, class_weights: np.ndarray, spec: MarginSpec):
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


def cells(class_weights: np.ndarray, reach: float) -> list[np.ndarray]:
    """Where each class weight is the nearest, within a square of side 2 reach: convex polygons, (K, 2) each.

    A class that is nowhere nearest, or not in the square, has an empty one.
    """
    weights = np.asarray(class_weights, dtype=np.float64)
    polygons = []
    for label, weight in enumerate(weights):
        corners = reach * np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)), dtype=np.float64)
        for other in np.delete(weights, label, axis=0):
            corners = clipped(corners, other - weight, (other @ other - weight @ weight) / 2)
        polygons.append(corners)
    return polygons


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


def effective(class_weights: np.ndarray, spec: MarginSpec) -> np.ndarray:
    """The weights that the logits are made of, float64: of length 1 if the loss normalises them."""
    return unit(class_weights) if spec.w_norm else np.asarray(class_weights, dtype=np.float64)


def on_circle(angles: np.ndarray) -> np.ndarray:
    """(K,) -> (2, K)."""
    return np.stack((np.cos(angles), np.sin(angles)))


def joined(arcs: list[Arc]) -> list[Arc]:
    """Neighbours of the same class made one; the arcs fill the circle in order."""
    merged = [arcs[0]]
    for arc in arcs[1:]:
        if arc.label == merged[-1].label:
            merged[-1] = Arc(merged[-1].start, merged[-1].width + arc.width, arc.label)
        else:
            merged.append(arc)
    if len(merged) > 1 and merged[0].label == merged[-1].label:
        last = merged.pop()
        merged[0] = Arc(last.start, last.width + merged[0].width, last.label)
    return merged
