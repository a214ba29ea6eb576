"""Runs of any dimension as runs in the plane, with a line that says what the picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest
from marginalia.record.snapshot import UNBENT, Points, Run, Snapshot, SplitName
from marginalia.viz.regions import effective

PROJECTIONS = ("means", "classes", "tsne")
DRAWN_AS_THEY_ARE = (2, 3)
PLANE = 3
PERPLEXITY, FIRST_STEPS, NEXT_STEPS = 30, 500, 150
MOST_POINTS = 3000
SEED = 0


@dataclass(frozen=True)
class ProjectedRun(Run):
    """A run as pictures show it. note: what is shown in place of the features or class weights, for the reader.

    exact: whether directions and lengths decide as they do in the space, so that lobes and rings say something.
    directed: whether the directions of the class weights say something; otherwise badges stand at the class means.
    chosen: the numbers of its classes in the whole run, of `whole` classes, if it shows some of them only.
    """

    note: str = ""
    exact: bool = True
    directed: bool = True
    chosen: tuple[int, ...] = ()
    whole: int = 0


def note_of(run: Run) -> str:
    return getattr(run, "note", "")


def is_exact(run: Run) -> bool:
    return getattr(run, "exact", True)


def in_view(run: Run, split: SplitName, projection: str = "means", classes: Sequence[str] = ()) -> Run:
    """The run as pictures show this split of it: in two or three dimensions, with a direction for each class.

    Without one weight a class, the class means stand in. More than three dimensions are projected, see `projected`.
    Raises InputError if the run has no such split, features of one dimension, or not what the projection needs.
    """
    if note_of(run) or split not in run.snapshots[0].splits:
        return run
    if run.dimension not in DRAWN_AS_THEY_ARE or projection != "means":
        return projected(run, split, projection, classes)
    return run if has_weights(run) else with_means(run, split)


def with_means(run: Run, split: SplitName) -> ProjectedRun:
    """The run with the class means of this split in the place of its weights."""
    snapshots = [replace(s, class_weights=means_of(s.points(split), len(run.class_names)), bias=None,
                         centre_labels=None) for s in run.snapshots]  # fmt: skip
    return bare(run, snapshots, "no class weights: badges at the class means")


def has_weights(run: Run) -> bool:
    """Whether there is one weight for each class."""
    first = run.snapshots[0]
    return len(first.class_weights) == len(run.class_names) and first.centre_labels is None


def bare(run: Run, snapshots: Sequence[Snapshot], note: str, **changes: Any) -> ProjectedRun:
    """The run with these snapshots and without regions and margin."""
    content = vars(run) | {"snapshots": tuple(snapshots), "regions": "none", "head": None, "spec": UNBENT}
    return ProjectedRun(**{name: content[name] for name in Run.__dataclass_fields__} | changes, note=note)


def projected(run: Run, split: SplitName, projection: str, classes: Sequence[str] = ()) -> ProjectedRun:
    """One split of a run in D > 3 dimensions as a run in the plane.

    means: the plane of the first two principal components of the last snapshot's class means; each snapshot is centred.
    classes: the plane through the weights of three classes, in which their sectors are exact; points of others are left
    out. tsne: a t-SNE of at most 3,000 points, in which each snapshot begins from the one before.
    """
    if run.dimension < min(DRAWN_AS_THEY_ARE):
        raise InputError(f"{run.name} has features in one dimension; from 2 on they can be drawn")
    if projection == "classes":
        return on_weights(run, split, classes)
    return neighbour_map(run, split) if projection == "tsne" else on_means(run, split)


def on_means(run: Run, split: SplitName) -> ProjectedRun:
    count = len(run.class_names)
    points = run.snapshots[-1].points(split)
    basis = principal_plane(points, count)
    spread = points.features - points.features.mean(axis=0)
    share = np.sum((spread @ basis) ** 2) / max(float(np.sum(spread**2)), np.finfo(np.float32).tiny)
    snapshots = []
    for snapshot in run.snapshots:
        mine = snapshot.points(split)
        means = means_of(mine, count)
        there = np.unique(mine.labels)
        placed = np.zeros((count, 2))
        centre = means[there].mean(axis=0)
        placed[there] = (means[there] - centre) @ basis
        snapshots.append(with_points(snapshot, split, (mine.features - centre) @ basis, placed))
    note = f"PCA of the class means (badges): {100 * share:.0f} % of the variance in {run.dimension} D"
    return bare(run, snapshots, note, exact=False)


def principal_plane(points: Points, classes: int) -> np.ndarray:
    """The first two principal axes of the class means, (D, 2); of the features, if there are fewer than three means."""
    means = means_of(points, classes)[np.unique(points.labels)]
    basis = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)[2][:2]
    if len(means) < PLANE:
        basis = basis[: len(means) - 1]
        rest = points.features - points.features.mean(axis=0)
        rest = rest - rest @ basis.T @ basis
        basis = np.vstack((basis, np.linalg.svd(rest, full_matrices=False)[2]))[:2]
    if len(basis) < 2:
        raise InputError("a single point spans no plane; record more of them")
    return basis.T.astype(np.float32)


def on_weights(run: Run, split: SplitName, classes: Sequence[str]) -> ProjectedRun:
    classes = [str(name) for name in classes]
    unknown = [name for name in classes if name not in run.class_names]
    if unknown:
        raise InputError(f"{run.name} has no class {unknown[0]!r}; {nearest(unknown[0], run.class_names)}")
    if len(set(classes)) != PLANE:
        raise InputError(f"{run.name}: this plane needs the names of three classes, as 3,7,9, not {len(classes)}")
    if not has_weights(run) or run.regions not in ("sectors", "polygons"):
        raise InputError(f"{run.name} has no class weights whose plane could be drawn")
    chosen = np.array([run.class_names.index(name) for name in classes])
    labels = run.snapshots[0].points(split).labels
    shown = np.flatnonzero(np.isin(labels, chosen))
    if not len(shown):
        raise InputError(f"{run.name} has no {split} points of {', '.join(classes)}")
    new_label = np.zeros(len(run.class_names), np.int64)
    new_label[chosen] = np.arange(PLANE)
    snapshots, share = [], 0.0
    for snapshot in run.snapshots:
        weights = effective(snapshot.class_weights[chosen], run.spec)
        basis = np.linalg.qr((weights[1:] - weights[0]).T)[0]
        basis = basis * np.sign(np.sum(basis * (weights[1:] - weights[0]).T, axis=0))  # so that it turns evenly
        features = snapshot.points(split).features[shown]
        bias = None if snapshot.bias is None else snapshot.bias[chosen]
        won = features @ weights.T.astype(np.float32) + (0 if bias is None else bias)
        flat, share = features @ basis, np.sum((features @ basis) ** 2) / max(np.sum(features**2), 1e-30)
        points = Points(flat.astype(np.float32), new_label[labels[shown]], won.argmax(axis=1))
        snapshots.append(replace(snapshot, splits={split: points}, class_weights=(weights @ basis).astype(np.float32),
                                 bias=bias, centre_labels=None, psi=None, metrics={}))  # fmt: skip
    note = f"plane of the weights of {', '.join(classes)}: {100 * share:.0f} % of |x|²"
    regions = "polygons" if snapshots[0].bias is not None else "sectors"
    return bare(run, snapshots, note, class_names=tuple(classes), regions=regions, held_out_names=(), point_names={},
                chosen=tuple(chosen.tolist()), whole=len(run.class_names))  # fmt: skip


def neighbour_map(run: Run, split: SplitName) -> ProjectedRun:
    """Source: van der Maaten and Hinton, JMLR 2008; openTSNE."""
    try:
        from openTSNE import TSNEEmbedding, affinity, initialization
    except ImportError:
        raise InputError("t-SNE needs openTSNE: pip install 'marginalia-viz[tsne]'") from None
    labels = run.snapshots[0].points(split).labels
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(labels))[:MOST_POINTS])
    snapshots, places = [], None
    for snapshot in run.snapshots:
        points = snapshot.points(split)
        features = points.features[chosen]
        near = affinity.PerplexityBasedNN(
            features, perplexity=min(PERPLEXITY, (len(chosen) - 1) / 3), random_state=SEED, n_jobs=1
        )
        start = initialization.pca(features, random_state=SEED) if places is None else places
        steps = FIRST_STEPS if places is None else NEXT_STEPS
        embedding = TSNEEmbedding(start, near, random_state=SEED, n_jobs=1, negative_gradient_method="fft")
        places = np.array(embedding.optimize(steps, momentum=0.8))
        flat = (places - places.mean(axis=0)).astype(np.float32)
        predictions = None if points.predictions is None else points.predictions[chosen]
        seen = Points(flat, labels[chosen], predictions)
        means = means_of(seen, len(run.class_names))
        snapshots.append(replace(snapshot, splits={split: seen}, class_weights=means, bias=None, centre_labels=None,
                                 psi=None))  # fmt: skip
    note = f"t-SNE of {len(chosen):,} points in {run.dimension} D: distances are not those of the space"
    return bare(run, snapshots, note, point_names={}, exact=False, directed=False)


def with_points(snapshot: Snapshot, split: SplitName, features: np.ndarray, weights: np.ndarray) -> Snapshot:
    points = replace(snapshot.points(split), features=features.astype(np.float32))
    return replace(snapshot, splits={split: points}, class_weights=weights.astype(np.float32), bias=None,
                   centre_labels=None, psi=None)  # fmt: skip


def means_of(points: Points, classes: int) -> np.ndarray:
    """Mean feature of each class, float32 (C, D); zeros for a class without points."""
    sums = np.zeros((classes, points.features.shape[1]))
    np.add.at(sums, points.labels, points.features)
    return (sums / np.maximum(np.bincount(points.labels, minlength=classes), 1)[:, None]).astype(np.float32)
