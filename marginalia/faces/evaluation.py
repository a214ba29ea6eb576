"""The accuracy of a recogniser on pairs of faces, as numbers, text and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.faces.embedder import Embedder
from marginalia.faces.embeddings import fused
from marginalia.faces.folder import FaceFolder
from marginalia.faces.pairs import Pairs, all_pairs, locate
from marginalia.faces.protocol import LFW, SPHEREFACE, Verification, cosine, scores_of_pairs, verify
from marginalia.training.roc import FALSE_ACCEPTS, Roc, roc, tar_line

FEWEST_TO_LEARN_FROM = 20


@dataclass(frozen=True)
class EvaluationConfig:
    """fusion: none, concat or sum. sphereface: scores, thresholds and their mean as in its evaluation.m, which is asked
    with concat and means subtracted. fold: only this one is tested."""

    fusion: str = "none"
    subtract_mean: bool = False
    sphereface: bool = False
    fold: int | None = None
    skip_missing: bool = False

    def suffix(self) -> str:
        """The end of a file's name, so that figures of other questions stay."""
        fusion = "" if self.fusion == "none" else f"_{self.fusion}"
        mean = "_without-mean" if self.subtract_mean else ""
        way = "_like-sphereface" if self.sphereface else fusion + mean
        return way + (f"_fold-{self.fold}" if self.fold else "")


@dataclass(frozen=True)
class Figures:
    """What was measured. left_out: pairs without their images. known: tested pairs that show people trained on.

    verification is None where there is one fold only, so that no threshold can be chosen. unsure: whether nobody knows
    which people it was trained on, since they have numbers for names.
    """

    pairs: int
    left_out: int
    known: int
    verification: Verification | None
    curve: Roc
    unsure: bool = False


def evaluate(
    embedder: Embedder, folder: FaceFolder, pairs: Pairs | None, config: EvaluationConfig, cache: Path
) -> Figures:
    """All figures on the given pairs, or on all pairs of the images of people whom the recogniser has not seen.

    Thresholds, and means where they are subtracted, are learnt from pairs that show nobody it was trained on.
    Raises InputError for missing images, an unknown fold, or too few pairs to learn from.
    """
    by_number = embedder.numbered or folder.numbered
    seen: frozenset[str] = frozenset() if by_number else embedder.seen
    if pairs is None:
        folder = folder.only(set(folder.people) - seen)
        if len(folder.people) < 2:
            raise InputError(
                f"{folder.root}: fewer than two people that {embedder.name} was not trained on; give --pairs"
            )
    there, left, right = all_pairs(folder) if pairs is None else locate(pairs, folder, config.skip_missing)
    needed, places = np.unique(np.concatenate((left, right)), return_inverse=True)
    paths = [folder.path(number) for number in needed]
    features = fused(embedder, paths, folder.reading, config.fusion, cache)
    left, right = places[: len(left)], places[len(left) :]
    known = there.show(seen)
    tested = in_fold(there, config.fold)
    left_out = 0 if pairs is None else int(in_fold(pairs, config.fold).sum() - tested.sum())
    if pairs is None:
        scores, verification = scores_of_pairs(embedder.similarity, features, left, right), None
    else:
        verification = in_folds(embedder, there, features[left], features[right], ~known, config)
        scores = verification.scores
    return Figures(
        int(tested.sum()), left_out, int((known & tested).sum()), verification,
        roc(scores[tested], there.same[tested]), by_number and bool(embedder.seen),
    )  # fmt: skip


def in_fold(pairs: Pairs, fold: int | None) -> np.ndarray:
    """Which pairs are in this fold, or in any, bool (N,)."""
    return pairs.folds == fold if fold else np.ones(len(pairs), dtype=bool)


def in_folds(
    embedder: Embedder, pairs: Pairs, left: np.ndarray, right: np.ndarray, unknown: np.ndarray, config: EvaluationConfig
) -> Verification:
    folds = np.unique(pairs.folds)
    if config.fold is not None and config.fold not in folds:
        raise InputError(f"--fold {config.fold}: the pairs have {len(folds)} folds")
    tested = folds if config.fold is None else np.array([config.fold])
    for fold in tested:
        others = pairs.same[(pairs.folds != fold) & unknown]
        if min(others.sum(), (~others).sum()) < min(FEWEST_TO_LEARN_FROM, len(pairs) // 4):
            raise InputError(f"fold {fold}: of the other folds, too few pairs show only people it was not trained on")
    return verify(
        left, right, pairs.same, pairs.folds, SPHEREFACE if config.sphereface else LFW,
        cosine if config.sphereface else embedder.similarity, config.subtract_mean, tested, unknown,
    )  # fmt: skip


def as_lines(figures: Figures) -> list[str]:
    """What a person reads."""
    lines = [f"{figures.pairs:,} pairs"]
    if figures.left_out:
        lines[0] += f"; {figures.left_out:,} were left out, since their images are missing"
    if figures.known:
        lines.append(f"{figures.known:,} of them show people it was trained on: these figures are no test of it")
    if figures.unsure:
        lines.append("people have numbers for names: it may have been trained on some of these")
    found = figures.verification
    if found is not None:
        spread = f" +- {found.error:.4f} (standard error), {found.deviation:.4f} (standard deviation)"
        lines.append(f"accuracy {found.mean:.4f}" + (spread if len(found.folds) > 1 else f" on fold {found.folds[0]}"))
        lines.append(
            f"thresholds {found.thresholds.min():.4f} to {found.thresholds.max():.4f}, "
            f"each chosen on {found.chosen_on.min():,} pairs of other folds"
        )
    lines.append(tar_line(figures.curve))
    lines.append(f"AUC {figures.curve.auc:.4f}, EER {figures.curve.eer:.4f}")
    return lines


def write_figures(path: Path, figures: Figures, asked: dict[str, Any]) -> None:
    """The same as JSON, with what was asked."""
    found = figures.verification
    content: dict[str, Any] = {
        "asked": asked, "pairs": figures.pairs, "left_out": figures.left_out, "known": figures.known,
        "auc": figures.curve.auc, "eer": figures.curve.eer,
        "pairs_of_different_people": figures.curve.impostors,
        "tar": {f"{far:g}": figures.curve.tar_at(far) for far in FALSE_ACCEPTS},
        "threshold_at_far": {f"{far:g}": figures.curve.threshold_at(far) for far in FALSE_ACCEPTS},
    }  # fmt: skip
    if found is not None:
        content |= {
            "accuracy": found.mean,
            "accuracies": found.accuracies.tolist(),
            "thresholds": found.thresholds.tolist(),
        }
        if len(found.folds) > 1:
            content |= {"standard_error": found.error, "standard_deviation": found.deviation}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content, indent=1).encode())
