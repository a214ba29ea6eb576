"""Whole runs on a few hundred genuine digits."""

import re
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
import torch

from marginalia.cli.experiment import run_experiment
from marginalia.config.config_file import read_config
from marginalia.config.run_config import BASEMODELS
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.record.metrics import SplitEvaluation, measure, scatter_ratio, smallest_angle, target_angles
from marginalia.record.snapshot import Points, epoch_label
from marginalia.record.store import read_run
from marginalia.training.describe import describe
from marginalia.training.image_learner import ImageLearner
from marginalia.training.loop import snapshot_schedule as schedule
from marginalia.training.loop import train

from .conftest import ROOT

LOSSES = read_config(ROOT / "config.json").rows
PRESETS = [name for name, spec in LOSSES.items() if isinstance(spec, MarginSpec)]


@pytest.mark.parametrize(("lossname", "basemodel"), [*zip(PRESETS, cycle(BASEMODELS), strict=False)])
def test_every_preset_from_images_to_gifs(tiny, few_digits, tmp_path, lossname, basemodel):
    folder = tmp_path / "run"
    run_experiment(tiny(lossname, basemodel=basemodel), few_digits, folder)
    run = read_run(folder)
    assert [snapshot.epoch for snapshot in run.snapshots] == [0, 1, 2]
    for snapshot in run.snapshots:
        assert snapshot.points("train").features.shape == (100, 2)
        assert np.array_equal(snapshot.points("test").labels, few_digits.test.labels)
        assert np.isfinite(snapshot.class_weights).all()
        assert all(np.isfinite(value) for name, value in snapshot.metrics.items() if snapshot.epoch or name != "loss")
    moved = run.snapshots[-1].class_weights - run.snapshots[0].class_weights
    assert np.abs(moved).max() > 1e-4
    for split in ("train", "test"):
        pictures = sorted(path.name for path in (folder / "frames").glob(f"{split}_*"))
        assert pictures == [f"{split}_epoch_{number:02d}.png" for number in range(3)]
        assert (folder / f"{split}.gif").stat().st_size > 10_000
        assert (folder / f"{split}_last.png").exists()
    assert (folder / "latest.png").exists()
    assert (folder / "metrics.csv").read_text().count("\n") == 4


@pytest.mark.parametrize(("lossname", "basemodel"), [*zip(PRESETS, cycle(BASEMODELS[::-1]), strict=False)])
def test_every_preset_trains_the_other_encoder(tiny, few_digits, lossname, basemodel):
    first, *_, last = [
        p.snapshot for p in train(tiny(lossname, basemodel=basemodel, epochs=1), few_digits) if p.snapshot
    ]
    assert all(np.isfinite(value) for value in last.metrics.values())
    assert np.abs(last.class_weights - first.class_weights).max() > 1e-4


def last_snapshot(config, dataset):
    return [progress.snapshot for progress in train(config, dataset) if progress.snapshot][-1]


def test_it_learns(tiny, mnist):
    """2,000 digits, 6 epochs, a margin: far beyond chance on images that it has not seen."""
    dataset = replace(mnist, train=mnist.train.sample(2000, 0), test=mnist.test.sample(500, 0))
    config = tiny("ArcFace_v1", basemodel="MiniResnet18", epochs=6)
    first, *_, last = [p.snapshot for p in train(config, dataset) if p.snapshot]
    assert last.metrics["test_accuracy"] > 0.7 > first.metrics["test_accuracy"]
    assert last.metrics["train_angle"] < 25 < first.metrics["train_angle"]


def test_same_seed_same_numbers(tiny, few_digits):
    config = tiny("CosFace_v1", basemodel="MiniResnet18")
    first, again = (last_snapshot(config, few_digits) for _ in range(2))
    assert np.array_equal(first.points("test").features, again.points("test").features)
    assert first.metrics == again.metrics
    other = replace(config, training=replace(config.training, seed=1))
    assert not np.array_equal(first.points("test").features, last_snapshot(other, few_digits).points("test").features)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_both_recipes_lower_the_loss(tiny, few_digits, config_file, optimizer):
    config = tiny("softmax", basemodel="MiniResnet18", optimizer=optimizer, epochs=4)
    losses = [progress.loss for progress in train(config, few_digits)][1:]
    assert losses[-1] < losses[0]


def test_a_loss_that_is_not_finite_stops_with_its_step(tiny, few_digits, tmp_path):
    config = tiny("softmax")
    config = replace(config, optimizer=replace(config.optimizer, lr=1e30, warmup=0.0))
    with pytest.raises(InputError, match=r"at step [23456]"):
        run_experiment(config, few_digits, tmp_path / "run")
    assert read_run(tmp_path / "run").snapshots[0].epoch == 0


def test_features_that_are_not_finite_are_not_saved(tiny, few_digits, tmp_path, monkeypatch):
    """The step after which a snapshot is due may be the one that destroys the weights."""
    original = ImageLearner.step

    def destroy(self, index, images, labels):
        loss = original(self, index, images, labels)
        if index == 9:
            self.head.weight.data.fill_(float("nan"))
        return loss

    monkeypatch.setattr(ImageLearner, "step", destroy)
    with pytest.raises(InputError, match="no longer finite at epoch 2"):
        run_experiment(tiny("softmax", basemodel="MiniResnet18"), few_digits, tmp_path)
    assert [snapshot.epoch for snapshot in read_run(tmp_path).snapshots] == [0, 1]
    assert (tmp_path / "test.gif").exists()


def test_snapshots_within_an_epoch(tiny, few_digits):
    steps = schedule(tiny("softmax", snapshots=4, batch_size=32), few_digits)
    assert list(steps.values()) == [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
    assert [epoch_label(epoch) for epoch in (0, 0.05, 7, 12.5)] == ["00", "00.05", "07", "12.50"]


def test_most_snapshots_of_a_geometric_run_are_in_its_first_epoch(tiny, few_digits):
    steps = schedule(tiny("softmax", snapshots="geometric", batch_size=32), few_digits)
    assert steps == {1: 1 / 8, 2: 1 / 4, 5: 1 / 2, 10: 1, 20: 2}


def test_a_run_may_end_within_an_epoch(tiny, few_digits):
    half = tiny("softmax", snapshots=4, batch_size=32, epochs=0.5)
    assert schedule(half, few_digits) == {2: 0.25, 5: 0.5}
    assert schedule(tiny("softmax", snapshots=1, batch_size=32, epochs=1.5), few_digits) == {10: 1, 15: 1.5}
    assert schedule(tiny("softmax", snapshots="geometric", batch_size=32, epochs=0.2), few_digits) == {
        1: 1 / 8,
        2: 0.2,
    }
    assert schedule(tiny("softmax", snapshots="geometric", batch_size=32, epochs=0.01), few_digits) == {1: 0.01}
    *_, last = train(half, few_digits)
    assert (last.step, last.snapshot.epoch) == (5, 0.5)


@pytest.mark.parametrize("basemodel", ["LeNet_pp", "MiniResnet18"])
def test_a_crop_hides_the_rim_of_the_images(tiny, few_digits, basemodel):
    cropped = ImageLearner(tiny("softmax", basemodel=basemodel, crop=2), few_digits.train.images, 10, steps=1)
    images = torch.tensor(few_digits.train.images[:20])
    rim = images.clone()
    rim[:, 2:-2, 2:-2] = 0
    other = images.clone()
    other[rim > 0] = 255
    other[:, :2] = 99
    with torch.inference_mode():
        assert torch.equal(cropped.features(images), cropped.features(other))
    snapshot = last_snapshot(tiny("softmax", basemodel=basemodel, crop=2, epochs=1), few_digits)
    assert np.isfinite(snapshot.points("test").features).all()


def test_runs_of_before_there_was_a_crop_are_known_again(tiny, few_digits):
    assert "crop" not in describe(tiny("softmax"), few_digits).settings["data"]
    assert describe(tiny("softmax", crop=2), few_digits).settings["data"]["crop"] == 2


def test_train_points_are_a_fixed_sample(tiny, few_digits):
    config = tiny("softmax", basemodel="MiniResnet18", train_points=50, test_points="all")
    snapshots = [progress.snapshot for progress in train(config, few_digits) if progress.snapshot]
    assert all(
        np.array_equal(snapshot.points("train").labels, snapshots[0].points("train").labels) for snapshot in snapshots
    )
    assert (len(snapshots[0].points("train").labels), len(snapshots[0].points("test").labels)) == (50, 100)


def test_three_dimensions(tiny, few_digits, tmp_path, monkeypatch):
    monkeypatch.setattr("marginalia.viz.movie.FULL_TURN", 5)  # frames of a turn
    run_experiment(tiny("CosFace_v1", basemodel="MiniResnet18", visual_dimension=3), few_digits, tmp_path / "run")
    assert read_run(tmp_path / "run").snapshots[0].points("test").features.shape == (100, 3)
    assert (tmp_path / "run" / "turn_test.gif").exists()


def test_metrics_of_a_known_arrangement():
    features = np.array([[2, 0], [0, 3], [1, 1]], np.float32)
    points = Points(features, np.array([0, 1, 1]), np.array([0, 1, 0]))
    weights = np.array([[5, 0], [0, 0.1]], np.float32)
    np.testing.assert_allclose(target_angles(points, weights), [0, 0, 45], atol=1e-4)
    train, test = (SplitEvaluation(points, kept) for kept in (np.array([True, False, False]), np.ones(3)))
    metrics = measure({"train": train, "test": test}, weights, 0.5)
    assert metrics["train_accuracy"] == pytest.approx(2 / 3)
    assert metrics["train_margin_accuracy"] == pytest.approx(1 / 3)
    assert metrics["test_angle"] == pytest.approx(15)
    assert metrics["test_angle_95"] == pytest.approx(np.percentile([0, 0, 45], 95))
    assert metrics["centre_gap"] == pytest.approx(67.5)
    assert metrics["weight_gap"] == pytest.approx(90)
    assert [metrics[f"norm_mean_{label}"] for label in (0, 1)] == pytest.approx([2, (3 + 2**0.5) / 2])
    assert [metrics[f"norm_spread_{label}"] for label in (0, 1)] == pytest.approx([0, (3 - 2**0.5) / 2])
    assert smallest_angle(np.array([[1, 0], [0, 1], [-1, 0]])) == pytest.approx(90)


@pytest.mark.parametrize("lossname", ["softmax", "A-softmax_v2", "CosFace_v1"])
def test_bfloat16_follows_float32(tiny, few_digits, lossname):
    """The same start, the same batches: after two epochs losses and class weights differ by rounding alone.

    Whole runs are compared by `make bench`: within 0.3 points of test accuracy.
    """
    ends = []
    for precision in ("bf16", "fp32"):
        *_, last = train(tiny(lossname, precision=precision), few_digits)
        ends.append(last.snapshot)
    assert ends[0].metrics["loss"] == pytest.approx(ends[1].metrics["loss"], rel=0.1)
    np.testing.assert_allclose(ends[0].class_weights, ends[1].class_weights, atol=0.05)
    assert not np.array_equal(ends[0].class_weights, ends[1].class_weights)


def test_scatter_ratio_by_hand():
    """Two classes at right angles to each other, each a pair of directions 20 degrees apart."""
    angles = np.radians([-10, 10, 80, 100])
    directions = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    points = Points((directions * [[1], [5], [2], [9]]).astype(np.float32), np.array([0, 0, 1, 1]), np.zeros(4))
    between = 4 * (np.cos(np.radians(10)) ** 2 / 2)
    within = 4 * np.sin(np.radians(10)) ** 2
    assert scatter_ratio(points, 2) == pytest.approx(between / within, rel=1e-5)


def test_every_number_is_documented(tiny, few_digits):
    """docs/metrics.md names all that a snapshot has, and nothing that it has not."""
    known = few_digits.without(("8", "9"))
    first = next(train(tiny("CosFace_v1", basemodel="MiniResnet18"), known)).snapshot
    names = {re.sub(r"_\d$", "_j", name) for name in first.metrics} | {"epoch", "step"}
    rows = [
        line.split("|")[1] for line in (ROOT / "docs/metrics.md").read_text().splitlines() if line.startswith("| `")
    ]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == names
