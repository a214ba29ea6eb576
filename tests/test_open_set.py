"""Classes held out of training, from the data to the pictures and numbers."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from marginalia.record.snapshot import HELD_OUT, Points
from marginalia.record.store import read_run
from marginalia.training.open_set import PAIRS, separation, verification
from marginalia.viz.frames import SquareFrame
from marginalia.viz.style import Style

from .made_up import made_up_run


def test_without_counts_the_classes_that_are_left(mnist):
    known = mnist.without(("8", "2"))
    assert (known.class_names, known.held_out_names) == (tuple("01345679"), ("2", "8"))
    for split, left in ((mnist.train, known.train), (mnist.test, known.test)):
        kept = ~np.isin(split.labels, (2, 8))
        np.testing.assert_array_equal(left.images, split.images[kept])
        np.testing.assert_array_equal(np.array(list(map(int, known.class_names)))[left.labels], split.labels[kept])
    held_out_points = np.isin(mnist.test.labels, (2, 8))
    np.testing.assert_array_equal(known.held_out.images, mnist.test.images[held_out_points])
    np.testing.assert_array_equal(np.array((2, 8))[known.held_out.labels], mnist.test.labels[held_out_points])
    assert known.digest != mnist.digest
    other = replace(known, held_out=replace(known.held_out, images=255 - known.held_out.images))
    assert other.digest != known.digest
    assert mnist.without(()) is mnist


@pytest.mark.parametrize(("genuine", "impostor", "expected"), [
    ([0.9, 0.8], [0.1, 0.2], (1, 0)),
    ([0.1, 0.2], [0.9, 0.8], (0, 1)),
    ([0.5, 0.5], [0.5, 0.5, 0.5], (0.5, 0.5)),
    ([0.9, 0.4], [0.6, 0.1], (0.75, 0.5)),
    ([0.9, 0.8, 0.7, 0.2], [0.5, 0.4, 0.3, 0.1], (13 / 16, 0.25)),
])  # fmt: skip
def test_auc_and_equal_error_rate_by_hand(genuine, impostor, expected):
    assert separation(np.array(genuine), np.array(impostor)) == pytest.approx(expected)


def test_no_pairs_no_number():
    assert np.isnan(separation(np.array([]), np.array([0.5]))).all()
    one_class = Points(np.eye(2, dtype=np.float32)[[0, 0, 1]], np.zeros(3, np.int64), np.zeros(3, np.int64))
    metrics = verification(one_class, one_class)
    assert np.isnan(metrics["held_out_auc"])
    assert np.isfinite(metrics["open_auc"])


def test_verification_against_all_pairs():
    """40 images, so every pair is drawn many times: the shares are those of all pairs, but for chance."""
    random = np.random.default_rng(0)
    labels = np.arange(40) % 2
    features = np.array([(1, 0.3), (0.2, 1)])[labels] + random.normal(scale=0.4, size=(40, 2))
    held_out = Points(features.astype(np.float32), labels, labels)
    seen = Points(random.normal(size=(60, 2)).astype(np.float32), np.zeros(60, np.int64), np.zeros(60, np.int64))
    metrics = verification(held_out, seen)

    def all_cosines(a, b):
        return (a / np.linalg.norm(a, axis=1, keepdims=True)) @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T

    inside, mixed = all_cosines(features, features), all_cosines(features, seen.features).ravel()
    pairs = np.triu(np.ones((40, 40), bool), 1)
    equal = labels[:, None] == labels
    genuine, impostor = inside[pairs & equal], inside[pairs & ~equal]
    for name, others in (("held_out", impostor), ("open", mixed)):
        above = (genuine[:, None] > others).mean()
        assert metrics[f"{name}_auc"] == pytest.approx(above, abs=0.01)
        rates = [max((genuine < t).mean(), (others >= t).mean()) for t in np.sort(genuine)]
        assert metrics[f"{name}_eer"] == pytest.approx(min(rates), abs=0.03)
    assert PAIRS == 100_000
    assert metrics == verification(held_out, seen)


def test_a_run_with_held_out_classes(run, digit_folder, tmp_path):
    """Held out of three classes: trained are two, and the third is in the test pictures, the numbers and on disk."""
    data = f"folder:{digit_folder}"
    outputs = ("--outputs", tmp_path, "--basemodel", "MiniResnet18", "--epochs", 1, "--batch-size", 16)
    code, _, err = run("main.py", "--lossname", "CosFace_v1", "--dataset", data, "--holdout", "one", *outputs)
    assert code == 0, err
    (folder,) = tmp_path.iterdir()
    assert "without-one" in folder.name
    saved = read_run(folder)
    assert (len(saved.class_names), saved.held_out_names) == (2, ("one",))
    last = saved.snapshots[-1]
    assert last.class_weights.shape == (2, 2)
    assert last.held_out is not None and set(last.held_out.labels) == {0}
    described = json.loads((folder / "run.json").read_text())
    assert described["metrics"]["open_auc"] == pytest.approx(last.metrics["open_auc"])
    assert described["metrics"]["held_out_auc"] is None
    with (folder / "metrics.csv").open() as table:
        assert float(list(csv.DictReader(table))[-1]["open_eer"]) == pytest.approx(last.metrics["open_eer"])
    again, out, _ = run("main.py", "--lossname", "CosFace_v1", "--dataset", data, "--holdout", "one", *outputs)
    assert (again, "finished already" in out) == (0, True)


def with_held_out(run, held_out_points):
    snapshots = tuple(
        replace(snapshot, splits={**snapshot.splits, HELD_OUT: held_out_points}) for snapshot in run.snapshots
    )
    return replace(run, snapshots=snapshots, held_out_names=("owl", "yak"))


def test_held_out_classes_are_crosses_and_named(config_file):
    random = np.random.default_rng(0)
    held_out_points = Points(random.normal(size=(50, 2)).astype(np.float32), np.arange(50) % 2, np.zeros(50, np.int64))
    held_out_run = with_held_out(made_up_run(config_file), held_out_points)
    page = SquareFrame(held_out_run, "test", Style())
    page.image(1)
    shown = page.scatter.held_out
    expected = page.scatter.camera.seen(held_out_points.features, held_out_run.snapshots[1])
    np.testing.assert_array_equal(np.column_stack(shown.crosses.get_data()), expected)
    assert [badge.get_text() for badge in shown.badges] == ["owl", "yak"]
    assert SquareFrame(held_out_run, "train", Style()).scatter.held_out is None
    assert "crosses: not trained" in " ".join(text.get_text() for text in page.figure.texts)


def test_the_circle_shows_where_held_out_classes_point(config_file):
    labels = np.arange(50) % 2
    held_out_points = Points(
        np.where(labels[:, None], (0, -3), (-2, 0)).astype(np.float32), labels, np.zeros(50, np.int64)
    )
    held_out_run, style = with_held_out(made_up_run(config_file), held_out_points), Style(view="circle")
    page = SquareFrame(held_out_run, "test", style)
    page.image(1)
    for line, badge, way in zip(page.scatter.held_out, page.scatter.badges, ((-1, 0), (0, -1)), strict=True):
        outline = np.column_stack(line.get_data())
        farthest = outline[np.nanargmax(np.linalg.norm(outline, axis=1))]
        np.testing.assert_allclose(farthest, 1.5 * np.array(way), atol=0.03)
        assert np.nanmin(outline @ way) > 0.8
        assert np.dot(badge.get_position(), way) > 1.4
        box, whole = badge.get_window_extent(), page.figure.bbox
        assert box.x0 > whole.x0 and box.y0 > whole.y0
    words = " ".join(text.get_text() for text in page.figure.texts)
    assert "outlines: not trained" in words
    alone = SquareFrame(held_out_run, "train", style)
    alone.image(1)
    assert alone.scatter.held_out == []


@pytest.mark.parametrize(("holdout", "part"), [
    (["x"], "--holdout x: mnist has the classes 0, 1"),
    ([str(label) for label in range(9)], "--holdout leaves 1 class(es)"),
])  # fmt: skip
def test_holdouts_that_cannot_be(run, tmp_path, holdout, part):
    options = [word for name in holdout for word in ("--holdout", name)]
    code, _, err = run("main.py", "--lossname", "softmax", *options, "--outputs", tmp_path)
    assert (code, part in err) == (2, True)
    assert not list(tmp_path.iterdir())
