"""The accuracy of a recogniser on verification sets, by insightface's protocol and with exact thresholds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from marginalia.core.files import write_whole
from marginalia.data.measure import measure
from marginalia.faces.embedder import Embedder
from marginalia.faces.embeddings import fused
from marginalia.faces.protocol import INSIGHTFACE, LFW, Verification, minus_squared_distance, verify
from marginalia.faces.verification_set import VerificationSet, folds_of


@dataclass(frozen=True)
class SetFigures:
    """insightface: with its thresholds on a grid, or none; exact: with thresholds between the scores."""

    name: str
    pairs: int
    insightface: Verification | None
    exact: Verification


def evaluate_set(embedder: Embedder, pairs: VerificationSet, cache: Path) -> SetFigures:
    """Ten folds of neighbouring pairs; a feature is that of the image plus that of its mirror image, of length 1.

    Source: insightface, verification.py.
    """
    features = fused(embedder, pairs.images, measure(pairs.images), "sum", cache)
    left, right = features[0::2], features[1::2]
    found = [
        verify(left, right, pairs.same, folds_of(len(pairs.same)), rule, minus_squared_distance)
        for rule in (INSIGHTFACE, LFW)
    ]
    return SetFigures(pairs.name, len(pairs.same), *found)


def as_table(figures: Sequence[SetFigures]) -> list[str]:
    """What a person reads: mean and standard deviation over the folds."""
    width = max(len("set"), *(len(row.name) for row in figures))
    lines = [f"{'set':{width}}    pairs  insightface's protocol  exact thresholds"]
    for row in figures:
        both = [f"{found.mean:.4f} +- {found.accuracies.std():.4f}" for found in (row.insightface, row.exact) if found]
        lines.append(f"{row.name:{width}} {row.pairs:8,}  {both[0]:22}  {both[1]}")
    return lines


def write_sets(path: Path, figures: Sequence[SetFigures], thresholds: str, sign: float = 1.0) -> None:
    """The same as JSON, with the accuracy and the threshold of each fold.

    thresholds: what these are called; sign: what scores are multiplied by to be that.
    """
    content = {
        row.name: {"pairs": row.pairs}
        | {
            name: {
                "accuracy": found.mean, "standard_deviation_n": float(found.accuracies.std()),
                "accuracies": found.accuracies.tolist(), thresholds: (sign * found.thresholds).tolist(),
            }
            for name, found in (("insightface", row.insightface), ("exact", row.exact))
            if found
        }
        for row in figures
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(content, indent=1).encode())
