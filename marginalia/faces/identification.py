"""Who is it? Each probe is compared with everybody in a gallery, which may lack the probe's person.

Source: Grother, Ngan, Face Recognition Vendor Test, NIST IR 8009, 2014; Whitelam et al., IJB-B, CVPRW 2017. NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marginalia.training.roc import FEWEST_ACCEPTED

RANKS = (1, 5)
FALSE_ALARMS = (1e-1, 1e-2, 1e-3)
PROBES_AT_ONCE = 1024
DIGITS = 12


@dataclass(frozen=True)
class Identification:
    """people: how many are in the gallery. mated, non_mated: probes whose person is in it, and others.

    rates: rank -> share of the mated probes whose person is among so many best ones. tpir: FPIR -> share of the mated
    probes whose person is the best one and above the threshold that lets so large a share of the others pass; None
    where that share is of fewer than ten probes. Where there is no mated probe, all of them are None.
    """

    people: int
    mated: int
    non_mated: int
    rates: dict[int, float | None]
    tpir: dict[float, float | None]


def identify(
    gallery: np.ndarray, gallery_subjects: np.ndarray, probes: np.ndarray, probe_subjects: np.ndarray
) -> Identification:
    """Features (G, D) and (P, D) of length 1, subjects int64 (G,) and (P,).

    A person's score is that of the best of their templates. A tie with another person counts against the right one;
    scores are rounded, since equal features give products that differ in their last digits.
    """
    gallery, probes = gallery.astype(np.float64), probes.astype(np.float64)
    order = np.argsort(gallery_subjects, kind="stable")
    people, starts = np.unique(gallery_subjects[order], return_index=True)
    place = np.searchsorted(people, probe_subjects).clip(max=len(people) - 1)
    mated = people[place] == probe_subjects
    own, best_other = np.full(len(probes), -np.inf), np.empty(len(probes))
    rank = np.zeros(len(probes), dtype=np.int64)
    for start in range(0, len(probes), PROBES_AT_ONCE):
        part = slice(start, start + PROBES_AT_ONCE)
        scores = np.maximum.reduceat((probes[part] @ gallery[order].T).round(DIGITS), starts, axis=1)
        rows = np.flatnonzero(mated[part])
        own[start + rows] = scores[rows, place[part][rows]]
        scores[rows, place[part][rows]] = -np.inf
        best_other[part] = scores.max(axis=1)
        rank[part] = 1 + (scores >= own[part, None]).sum(axis=1)
    alarms = np.sort(best_other[~mated])[::-1]
    return Identification(
        len(people), int(mated.sum()), len(alarms),
        {limit: share(rank[mated] <= limit) for limit in RANKS},
        {rate: true_positives(own[mated], rank[mated] == 1, alarms, rate) for rate in FALSE_ALARMS},
    )  # fmt: skip


def true_positives(own: np.ndarray, first: np.ndarray, alarms: np.ndarray, rate: float) -> float | None:
    """TPIR at this FPIR. alarms: the best score of each probe whose person is not in the gallery, falling."""
    if rate * len(alarms) < FEWEST_ACCEPTED:
        return None
    return share(first & (own > alarms[int(rate * len(alarms))]))


def share(right: np.ndarray) -> float | None:
    return float(right.mean()) if len(right) else None


def as_line(found: Identification) -> str:
    """What a person reads."""
    ranks = ", ".join(f"rank {rank} {told(value)}" for rank, value in found.rates.items())
    alarms = ", ".join(f"{told(value)} at FPIR {rate:g}" for rate, value in found.tpir.items())
    return (
        f"{found.people:,} people; {found.mated:,} probes of them: {ranks}; "
        f"TPIR, from {found.non_mated:,} probes of others: {alarms}"
    )


def told(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
