"""Intervals, paired differences, Holm's correction, and who is chosen."""

import math

import numpy as np
import pytest

from marginalia.sweeps.groups import best_of_each, groups_of
from marginalia.sweeps.pictures import difference_table
from marginalia.sweeps.results import Results
from marginalia.sweeps.statistics import differences, holm, interval


def test_interval_by_hand():
    """Student's t for four degrees of freedom: 2.776."""
    found = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.mean, found.n) == (3.0, 5)
    assert found.sd == pytest.approx(math.sqrt(2.5))
    assert found.high - found.mean == pytest.approx(2.776445 * math.sqrt(2.5 / 5), abs=1e-5)


def test_interval_covers_the_true_mean_in_95_of_100_samples():
    random = np.random.default_rng(0)
    found = [interval(random.normal(size=5)) for _ in range(4000)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) == pytest.approx(0.95, abs=0.012)


def test_one_value_has_no_interval():
    assert interval([2.0]).mean == 2.0
    assert math.isnan(interval([2.0]).low)
    assert interval([]).n == 0


def test_holm_as_in_textbooks():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, math.nan, 0.8])[0] == 1.0


def test_differences_are_paired_by_seed():
    """The two move together from seed to seed, so their difference is certain although their spread is wide."""
    random = np.random.default_rng(1)
    luck = random.normal(0, 10, size=5)
    noise = random.normal(0, 0.1, size=(3, 5))
    groups = {name: dict(enumerate(luck + shift + row)) for (name, shift), row in
              zip((("a", 1.0), ("b", 0.0), ("c", 0.02)), noise, strict=True)}  # fmt: skip
    seen = {(one.first, one.second): one.is_seen for one in differences(groups)}
    assert seen == {("a", "b"): True, ("a", "c"): True, ("b", "c"): False}


def test_the_best_is_chosen_on_validation_images_and_not_on_test_images():
    rows = [("x", 1.0, seed, 0.9, 0.5) for seed in (0, 1)] + [("x", 2.0, seed, 0.8, 0.99) for seed in (0, 1)]
    names = ("lossname", "s", "seed", "validation_accuracy", "test_accuracy")
    columns = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
    columns |= {"run": np.array(["a", "b", "c", "d"]), "epoch": np.ones(4)}
    (best,) = best_of_each(groups_of(Results(columns, ("lossname", "s", "seed"), "", {}))).values()
    assert best.name == "x, s = 1"
    assert best.interval("test_accuracy").mean == 0.5


@pytest.mark.parametrize(("seeds", "said"), [(2, "too few seeds"), (5, "")])
def test_two_seeds_are_too_few_for_a_difference(seeds, said):
    rows = [
        (loss, seed, accuracy + seed / 1000) for loss, accuracy in (("a", 0.9), ("b", 0.5)) for seed in range(seeds)
    ]
    columns = dict(zip(("lossname", "seed", "test_accuracy"), map(np.array, zip(*rows, strict=True)), strict=True))
    columns |= {"run": np.arange(len(rows)).astype(str), "epoch": np.ones(len(rows))}
    groups = {group.name: group for group in groups_of(Results(columns, ("lossname", "seed"), "", {}))}
    ((*_, p, found),) = difference_table("", groups).rows
    assert found == said
    assert (p == "-") == bool(said)
