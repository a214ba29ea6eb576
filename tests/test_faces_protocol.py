"""The evaluator on scores whose answers are known by hand, and against plain loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from marginalia.core.errors import InputError
from marginalia.faces.folder import FaceFolder
from marginalia.faces.pairs import Pairs, all_pairs, locate, read_pairs
from marginalia.faces.protocol import (
    LFW,
    SPHEREFACE,
    best_midpoint,
    best_of_sphereface,
    cosine,
    nearness,
    scores_of_pairs,
    verify,
)  # fmt: skip
from marginalia.training.roc import roc, tar_line

YES, NO = True, False


@pytest.mark.parametrize(
    ("scores", "same", "threshold", "right"),
    [
        ((0.9, 0.8, 0.2, 0.1), (YES, YES, NO, NO), 0.5, 4),
        ((0.1, 0.2, 0.8, 0.9), (YES, YES, NO, NO), None, 2),
        ((0.5, 0.5, 0.5, 0.5), (YES, YES, NO, NO), None, 2),
        ((0.9, 0.6, 0.6, 0.1), (YES, YES, NO, NO), 0.35, 3),
        ((0.4, 0.3, 0.2), (YES, YES, YES), -0.8, 3),
        ((0.4, 0.3, 0.2), (NO, NO, NO), 1.4, 3),
    ],
)
def test_the_best_midpoint(scores, same, threshold, right):
    scores, same = np.array(scores), np.array(same)
    found = best_midpoint(scores, same)
    assert ((scores > found) == same).sum() == right
    if threshold is not None:
        assert found == pytest.approx(threshold)


def test_of_equally_good_midpoints_the_middle_one_is_taken():
    scores, same = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([NO, YES, NO, YES, YES])
    assert best_midpoint(scores, same) == pytest.approx(0.15)  # 0.15 and 0.35 make one error each
    more = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]), np.array([NO, YES, NO, YES, NO, YES, YES])
    assert best_midpoint(*more) == pytest.approx(0.35)


def test_the_best_midpoint_is_what_trying_all_finds():
    random = np.random.default_rng(0)
    for _ in range(50):
        scores, same = random.integers(0, 12, 30) / 10, random.random(30) < 0.5
        everywhere = np.linspace(-2, 3, 5001) + 0.00049
        best = max(((scores > t) == same).sum() for t in everywhere)
        assert ((scores > best_midpoint(scores, same)) == same).sum() == best


def test_spherefaces_threshold_is_the_mean_of_all_best_ones_and_ties_are_errors():
    scores, same = np.array([0.5, 0.3]), np.array([YES, NO])
    assert best_of_sphereface(scores, same) == pytest.approx(0.4, abs=1e-12)  # 0.3001 … 0.4999
    outside = np.array([0.5, 0.3, -0.9]), np.array([YES, YES, YES])
    assert best_of_sphereface(*outside) == pytest.approx((-1 - 0.9001) / 2)
    tied = SPHEREFACE.correct(np.array([0.4, 0.4]), same, 0.4)
    assert tied.tolist() == [False, False]
    assert LFW.correct(np.array([0.4, 0.4]), same, 0.4).tolist() == [False, True]


def test_spherefaces_threshold_is_what_its_loop_finds():
    random = np.random.default_rng(1)
    scores, same = random.integers(-5, 6, 40) / 5, random.random(40) < 0.5
    thresholds = np.arange(-10000, 10001) / 10000
    accuracies = [
        (np.count_nonzero(scores[same] > t) + np.count_nonzero(scores[~same] < t)) / len(same) for t in thresholds
    ]
    expected = thresholds[np.array(accuracies) == max(accuracies)].mean()
    assert best_of_sphereface(scores, same) == pytest.approx(expected, abs=1e-12)


def folds_of(scores_by_fold: list[tuple[list[float], list[bool]]]) -> tuple[np.ndarray, ...]:
    """1-D "features" whose product is the score."""
    scores = np.array([score for scores, _ in scores_by_fold for score in scores])
    same = np.array([flag for _, flags in scores_by_fold for flag in flags])
    folds = np.repeat(np.arange(len(scores_by_fold)), [len(scores) for scores, _ in scores_by_fold])
    return scores[:, None], np.ones((len(scores), 1)), same, folds


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=1)


def test_the_threshold_of_a_fold_comes_from_the_others():
    """Fold 0 parts at 0.5 and fold 1 at 0.05: each is tested with the other's threshold, 0.05 and 0.5."""
    left, right, same, folds = folds_of([([0.9, 0.1], [YES, NO]), ([0.1, 0.0], [YES, NO])])
    result = verify(left, right, same, folds, LFW, product)
    np.testing.assert_allclose(result.thresholds, [0.05, 0.5])
    np.testing.assert_allclose(result.accuracies, [0.5, 0.5])
    one = verify(left, right, same, folds, LFW, product, tested=np.array([1]))
    np.testing.assert_allclose((one.thresholds[0], one.accuracies[0]), (0.5, 0.5))
    assert np.isnan(one.scores).tolist() == [True, True, False, False]


def test_pairs_that_may_not_teach_do_not():
    left, right, same, folds = folds_of([([0.9, 0.1, 9.0, 8.0, 7.0], [YES, NO, YES, NO, NO]), ([0.6, 0.4], [YES, NO])])
    plain = verify(left, right, same, folds, LFW, product, tested=np.array([1]))
    kept = np.array([True, True, False, False, False, True, True])
    fair = verify(left, right, same, folds, LFW, product, tested=np.array([1]), learnt_from=kept)
    assert (plain.thresholds[0], fair.thresholds[0]) == (8.5, 0.5)
    assert (plain.chosen_on[0], fair.chosen_on[0]) == (5, 2)


@pytest.mark.parametrize(
    ("genuine", "impostor", "accuracy", "eer", "auc"),
    [
        ((0.8, 0.9), (0.1, 0.2), 1.0, 0.0, 1.0),
        ((0.5, 0.5), (0.5, 0.5), 0.5, 0.5, 0.5),
        ((0.1, 0.1), (0.9, 0.9), 0.5, 1.0, 0.0),
    ],
    ids=["separable", "all equal", "inverted"],
)
def test_ten_folds_whose_answer_is_known(genuine, impostor, accuracy, eer, auc):
    parts = folds_of([([*genuine, *impostor], [YES, YES, NO, NO])] * 10)
    for rule in (LFW, SPHEREFACE):
        result = verify(*parts, rule, product)
        assert result.mean == accuracy
        assert (result.deviation, result.error) == (0, 0)
    curve = roc(parts[0][:, 0], parts[2])
    assert (curve.eer, curve.auc) == (eer, auc)


def test_mean_deviation_and_error():
    parts = folds_of([([0.9, 0.1], [YES, NO]), ([0.9, 0.1], [YES, NO]), ([0.9, 0.8], [YES, NO])])
    result = verify(*parts, LFW, product)
    np.testing.assert_allclose(result.accuracies, [1, 1, 0.5])
    assert result.mean == pytest.approx(5 / 6)
    assert result.deviation == pytest.approx(np.sqrt(2 * (1 / 6) ** 2 / 2 + (1 / 3) ** 2 / 2))
    assert result.error == pytest.approx(result.deviation / np.sqrt(3))


def test_the_mean_is_learnt_from_the_other_folds_only():
    random = np.random.default_rng(2)
    left, right = random.normal(size=(2, 8, 3)) + 5
    same, folds = np.tile([YES, NO], 4), np.repeat([0, 1], 4)
    result = verify(left, right, same, folds, LFW, cosine, subtract_mean=True)
    for fold in (0, 1):
        others, test = folds != fold, folds == fold
        mean = np.concatenate((left[others], right[others])).mean(axis=0)
        np.testing.assert_allclose(result.scores[test], cosine(left[test] - mean, right[test] - mean))


def test_similarities():
    left, right = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[4.0, 3.0], [0.0, 2.0]])
    np.testing.assert_allclose(cosine(left, right), [0.96, 0])
    np.testing.assert_allclose(nearness(left, right), [-np.sqrt(2), -2])


def test_scores_of_pairs_in_parts_are_those_of_all_at_once(monkeypatch):
    monkeypatch.setattr("marginalia.faces.protocol.PAIRS_AT_ONCE", 4)
    features = np.random.default_rng(0).normal(size=(5, 3))
    left, right = np.triu_indices(5, 1)
    for similarity in (cosine, nearness):
        assert scores_of_pairs(similarity, features, left[:0], right[:0]).shape == (0,)
        found = scores_of_pairs(similarity, features, left, right)
        np.testing.assert_array_equal(found, similarity(features[left], features[right]))


def test_roc_by_hand():
    """Same 0.9, 0.7, 0.5, 0.3; different 0.8, 0.2, 0.1, 0.0; each fifty times."""
    scores = np.tile([0.9, 0.7, 0.5, 0.3, 0.8, 0.2, 0.1, 0.0], 50)
    curve = roc(scores, np.tile([YES] * 4 + [NO] * 4, 50))
    assert (curve.tar_at(0.05), curve.tar_at(0.24), curve.tar_at(0.25)) == (0.25, 0.25, 1.0)
    assert curve.eer == pytest.approx(0.25)
    assert curve.auc == pytest.approx(13 / 16)


def test_fewer_than_ten_false_accepts_tell_no_tar():
    """Of 200 pairs of different people, a rate of 0.05 accepts ten."""
    curve = roc(np.arange(400.0), np.arange(400) >= 200)
    assert (curve.least_far, curve.tar_at(0.05), curve.tar_at(0.049)) == (0.05, 1.0, None)
    assert tar_line(curve) == (
        "TAR, from 200 pairs of different people: 1.0000 at FAR 0.1, "
        "- at FAR 0.01 and below, fewer than 10 false accepts"
    )


PAIRS = "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\nBob\t1\t2\nAnn\t2\tBob\t1\n"


def folder(*images: str) -> FaceFolder:
    people = sorted({image.split("/")[0] for image in images})
    labels = np.array([people.index(image.split("/")[0]) for image in images])
    return FaceFolder(Path("faces"), tuple(people), images, labels)


def test_pairs_of_lfw(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text(PAIRS)
    pairs = read_pairs(path)
    assert pairs.left == ("Ann/Ann_0001", "Ann/Ann_0001", "Bob/Bob_0001", "Ann/Ann_0002")
    assert pairs.right == ("Ann/Ann_0002", "Bob/Bob_0003", "Bob/Bob_0002", "Bob/Bob_0001")
    assert (pairs.same.tolist(), pairs.folds.tolist()) == ([True, False, True, False], [1, 1, 2, 2])
    assert pairs.show(frozenset({"Bob"})).tolist() == [False, True, True, True]
    there = folder("Ann/Ann_0001.jpg", "Ann/Ann_0002.png", "Bob/Bob_0001.jpg", "Bob/Bob_0002.jpg", "Bob/Bob_0003.jpg")
    _, left, right = locate(pairs, there, skip_missing=False)
    assert (left.tolist(), right.tolist()) == ([0, 0, 2, 1], [1, 4, 3, 2])


def test_images_of_one_name_are_two_in_all_pairs_and_refused_where_names_decide(tmp_path):
    twice = folder("Ann/Ann_0001.jpg", "Ann/Ann_0001.png", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg")
    _, left, right = all_pairs(twice)
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}
    path = tmp_path / "pairs.txt"
    path.write_text(PAIRS)
    with pytest.raises(InputError, match=r"Ann_0001\.jpg and Ann/Ann_0001\.png have one name"):
        locate(read_pairs(path), twice, skip_missing=True)
    not_asked = folder("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg", "Zoe/1.jpg", "Zoe/1.png")
    assert len(locate(read_pairs(path), not_asked, skip_missing=True)[0]) == 2


def test_missing_images_are_counted_or_skipped(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text(PAIRS)
    pairs = read_pairs(path)
    fewer = folder("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg")
    with pytest.raises(InputError, match=r"lacks 2 images .*Bob_0002, Bob/Bob_0003.*--skip-missing"):
        locate(pairs, fewer, skip_missing=False)
    kept, left, right = locate(pairs, fewer, skip_missing=True)
    assert (kept.same.tolist(), left.tolist(), right.tolist()) == ([True, False], [0, 1], [1, 2])
    with pytest.raises(InputError, match=r"lacks 1 people .*Bob"):
        locate(pairs, folder("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg"), skip_missing=False)
    with pytest.raises(InputError, match="none of the same or of different people"):
        locate(pairs, folder("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg"), skip_missing=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("ten 300\n", "line 1"),
        ("2 1\nAnn 1 2\n", "need 5 lines"),
        (PAIRS.replace("Bob\t1\t2", "Bob\tx\t2"), "line 4.*'name i j'"),
        (PAIRS.replace("Ann\t1\t2", "Ann\t1\tBob\t2"), "line 2.*one person"),
        (PAIRS.replace("Ann\t2\tBob\t1", "Ann\t2\t1"), "line 5.*two people"),
    ],
)
def test_bad_pairs_name_their_line(tmp_path, text, message):
    path = tmp_path / "pairs.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_pairs(path)
    with pytest.raises(InputError, match="no such file"):
        read_pairs(tmp_path / "other.txt")


def test_all_pairs():
    pairs, left, right = all_pairs(folder("Ann/1.pgm", "Ann/2.pgm", "Bob/1.pgm"))
    assert (left.tolist(), right.tolist()) == ([0, 0, 1], [1, 2, 2])
    assert list(zip(pairs.left, pairs.right, pairs.same, strict=True)) == [
        ("Ann/1", "Ann/2", True),
        ("Ann/1", "Bob/1", False),
        ("Ann/2", "Bob/1", False),
    ]
    assert isinstance(pairs, Pairs)
    with pytest.raises(InputError, match="at least two people"):
        all_pairs(folder("Ann/1.pgm", "Ann/2.pgm"))
