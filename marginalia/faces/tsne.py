"""Features of a few people in the plane, by t-SNE, and how they come to lie there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from marginalia.core.errors import InputError
from marginalia.faces.folder import FaceFolder

SLOW, FAST = 250, 500
EVERY = 10
PERPLEXITY = 30.0


@dataclass(frozen=True)
class Walk:
    """positions: float32 (K, N, 2), the map after each of `iterations`, the last being the one to look at."""

    positions: np.ndarray
    iterations: tuple[int, ...]


def choose_people(folder: FaceFolder, count: int, least: int, seed: int) -> FaceFolder:
    """So many people by chance, each with at least `least` images. Raises InputError if there are not as many."""
    able = [name for name, images in zip(folder.people, folder.counts(), strict=True) if images >= least]
    if len(able) < count:
        raise InputError(f"{folder.root}: {len(able)} people have {least} images or more, not the {count} of --ids")
    chosen = np.random.default_rng(seed).choice(len(able), count, replace=False)
    return folder.only({able[i] for i in chosen})


def walk(features: np.ndarray, seed: int) -> Walk:
    """t-SNE of directions (N, D): features are compared by angle, as heads that normalise them do.

    From the first two principal components, without early exaggeration, which draws a few hundred points into one.
    Source: van der Maaten and Hinton, JMLR 2008; openTSNE.
    """
    from openTSNE import TSNEEmbedding, affinity, initialization

    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = features / np.where(lengths == 0, 1, lengths)
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    near = affinity.PerplexityBasedNN(
        directions, perplexity=perplexity, metric="euclidean", random_state=seed, n_jobs=1
    )
    start = initialization.pca(directions, random_state=seed)
    embedding = TSNEEmbedding(start, near, random_state=seed, n_jobs=1, negative_gradient_method="bh")
    positions, iterations = [np.asarray(start)], [0]

    def keep(iteration: int, error: float, current: np.ndarray) -> None:
        positions.append(np.array(current))
        iterations.append(iteration)

    def phase(before: int) -> Callable:
        return lambda iteration, error, current: keep(before + iteration, error, current)

    common = {"callbacks_every_iters": EVERY, "inplace": True}
    embedding.optimize(SLOW, momentum=0.5, callbacks=phase(0), **common)
    embedding.optimize(FAST, momentum=0.8, callbacks=phase(SLOW), **common)
    return Walk(np.stack(positions).astype(np.float32), tuple(iterations))
