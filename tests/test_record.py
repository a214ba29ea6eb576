"""The record on disk: what others write with NumPy, and what cannot be written or read."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import marginalia as mg
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec, psi
from marginalia.record.description import Description, DrawnHead, SplitNames, decisive
from marginalia.record.snapshot import HELD_OUT, Points, Snapshot, moment_labels
from marginalia.record.snapshot_file import write_snapshot
from marginalia.record.store import read_description, read_run, write_description
from marginalia.training.loop import train
from marginalia.viz.frames import SquareFrame
from marginalia.viz.movie import draw_run
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

from .conftest import ROOT
from .paged import save, shown_run

BY_OTHERS = """
import sys
from pathlib import Path
import numpy as np
from marginalia.record.description import Description, SplitNames
from marginalia.record.snapshot import Points, Snapshot
from marginalia.record.snapshot_file import write_snapshot
from marginalia.record.store import write_description

random, folder = np.random.default_rng(0), Path(sys.argv[1])
labels = np.arange(900) % 300
centres = random.normal(size=(300, 512))
run = Description(
    name="theirs", class_names=tuple(f"class {n}" for n in range(300)),
    splits={"probe": SplitNames(points=tuple(f"{n}.jpg" for n in range(900)))}, finished=3,
)
write_description(folder, run)
for epoch in range(3):
    features = (epoch * centres[labels] + random.normal(size=(900, 512))).astype(np.float32)
    write_snapshot(folder, Snapshot(epoch, 100 * epoch, {"probe": Points(features, labels)}), run)
assert not {"torch", "matplotlib"} & sys.modules.keys()
"""


def test_a_record_by_twenty_lines_of_numpy_reads_back(tmp_path):
    assert len(BY_OTHERS.strip().splitlines()) <= 22
    subprocess.run([sys.executable, "-c", BY_OTHERS, tmp_path], cwd=ROOT, check=True)
    run = read_run(tmp_path)
    assert (run.dimension, len(run.class_names), len(run.snapshots), run.head) == (512, 300, 3, None)
    assert [(snapshot.epoch, snapshot.step) for snapshot in run.snapshots] == [(0, 0), (1, 100), (2, 200)]
    assert run.point_names["probe"][899] == "899.jpg"
    random = np.random.default_rng(0)
    centres = random.normal(size=(300, 512))
    first = random.normal(size=(900, 512)).astype(np.float32)
    np.testing.assert_array_equal(run.snapshots[0].points("probe").features, first)
    points = run.snapshots[2].points("probe")
    assert points.predictions is None and np.isnan(points.accuracy) and not points.wrong.any()
    np.testing.assert_array_equal(points.labels, np.arange(900) % 300)
    near = np.abs(points.features - 2 * centres[points.labels]).mean()
    assert near < 1
    assert len(run.snapshots[0].class_weights) == 0
    with pytest.raises(InputError, match="has no split test; it has probe"):
        draw_run(run, tmp_path, "test", Style(), Timing(), range(3))
    assert draw_run(run, tmp_path, "probe", Style(size=240), Timing(), range(3)).exists()


def a_run(**changes: object) -> Description:
    usual = {"name": "a", "class_names": ("x", "y", "z"), "splits": {"train": SplitNames(), "test": SplitNames()}}
    return Description(**(usual | changes))  # type: ignore[arg-type]


def a_snapshot(step: int = 0, dimension: int = 2, **changes: object) -> Snapshot:
    random = np.random.default_rng(step)
    labels = np.arange(12) % 3
    points = Points(random.normal(size=(12, dimension)).astype(np.float32), labels, labels[::-1].copy())
    usual = {"epoch": step / 64, "step": step, "splits": {"train": points, "test": points}}
    return Snapshot(**(usual | changes))  # type: ignore[arg-type]


def test_everything_that_a_snapshot_may_hold_comes_back(tmp_path):
    spec = MarginSpec(w_norm=True, x_norm=True, s=4, m1=1, m2=0.3, m3=0)
    held = Points(np.ones((4, 5), np.float32), np.array([0, 1, 0, 1]), np.array([2, 2, 0, 1]))
    splits = {"train": SplitNames(), "test": SplitNames(), HELD_OUT: SplitNames(classes=("p", "q"))}
    run = a_run(splits=splits, head=DrawnHead(spec, "mine", "none"), lossname="mine", settings={"seed": 1})
    write_description(tmp_path, run)
    random = np.random.default_rng(0)
    snapshot = a_snapshot(
        7, dimension=5,
        class_weights=random.normal(size=(7, 5)).astype(np.float32), centre_labels=np.array([0, 0, 0, 1, 1, 2, 2]),
        bias=random.normal(size=7).astype(np.float32), psi=psi(np.linspace(0, np.pi, 50), spec),
        metrics={"loss": 0.5, "unknown": float("nan")},
    )  # fmt: skip
    snapshot = replace(snapshot, splits={**snapshot.splits, HELD_OUT: held})
    write_snapshot(tmp_path, snapshot, run)
    read = read_run(tmp_path)
    (back,) = read.snapshots
    assert (read.spec, read.head, read.regions, read.held_out_names) == (spec, "mine", "none", ("p", "q"))
    for name in ("class_weights", "centre_labels", "bias", "psi"):
        np.testing.assert_array_equal(getattr(back, name), getattr(snapshot, name))
    for split, points in snapshot.splits.items():
        for array in ("features", "labels", "predictions"):
            np.testing.assert_array_equal(getattr(back.splits[split], array), getattr(points, array))
    assert back.metrics["loss"] == 0.5 and np.isnan(back.metrics["unknown"]) and np.isnan(back.metric("other"))


def test_many_classes_take_two_bytes(tmp_path):
    run = a_run(class_names=tuple(map(str, range(65_535))), splits={"all": SplitNames()})
    write_description(tmp_path, run)
    labels = np.array([0, 255, 256, 65_534])
    write_snapshot(tmp_path, Snapshot(0, 0, {"all": Points(np.eye(4, dtype=np.float32), labels, labels)}), run)
    points = read_run(tmp_path).snapshots[0].points("all")
    np.testing.assert_array_equal(points.labels, labels)
    np.testing.assert_array_equal(points.predictions, labels)


def test_half_precision_is_read_as_single(tmp_path):
    run = a_run(splits={"all": SplitNames()})
    write_description(tmp_path, run)
    features = np.array([[0.5, 2], [1, 3]], np.float16)
    write_snapshot(tmp_path, Snapshot(0, 0, {"all": Points(features, np.array([0, 2]))}), run)
    back = read_run(tmp_path).snapshots[0].points("all").features
    assert back.dtype == np.float32 and np.array_equal(back, features)


BAD = {
    "not finite": {"features": np.array([[np.nan, 1]] * 12, np.float32)},
    "a label is not one of the 3 classes": {"labels": np.full(12, 3)},
    "labels must be a NumPy array of integers": {"labels": np.full(12, 0.5)},
    "features must be a NumPy array, not a list": {"features": [[0.0, 1.0]] * 12},
    "predictions do not fit": {"predictions": np.zeros(11, np.int64)},
    "features of shape": {"features": np.zeros((11, 2), np.float32)},
}


@pytest.mark.parametrize("complaint", BAD)
def test_what_does_not_fit_is_not_written(tmp_path, complaint):
    run, snapshot = a_run(), a_snapshot()
    write_description(tmp_path, run)
    wrong = replace(snapshot.points("test"), **BAD[complaint])
    with pytest.raises(InputError, match=f"snapshot of epoch 0: .*{complaint}"):
        write_snapshot(tmp_path, replace(snapshot, splits={**snapshot.splits, "test": wrong}), run)
    assert list((tmp_path / "snapshots").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"epoch": -1.0}, "epoch -1.0 is not 0 or more"),
        ({"class_weights": np.zeros((2, 2), np.float32)}, "2 class weights for 3 classes"),
        ({"class_weights": np.zeros((3, 4), np.float32)}, "class weights must be finite, of shape"),
        ({"centre_labels": np.array([0, 1])}, "centre labels do not fit"),
        ({"bias": np.zeros(2)}, "the bias does not fit"),
        ({"psi": np.zeros(1)}, "psi must be a row"),
        ({"step": None}, "its step must be a whole number, 0 or more, not None"),
        ({"splits": {"other": a_snapshot().points("test")}}, "its splits are other, not train, test"),
    ],
)
def test_what_else_does_not_fit(tmp_path, changes, complaint):
    write_description(tmp_path, a_run())
    with pytest.raises(InputError, match=complaint):
        write_snapshot(tmp_path, replace(a_snapshot(), **changes), a_run())


def test_names_of_points_are_as_many_as_points(tmp_path):
    run = a_run(splits={"train": SplitNames(), "test": SplitNames(points=("a", "b"))})
    with pytest.raises(InputError, match="2 names for 12 points"):
        write_snapshot(tmp_path, a_snapshot(), run)


def test_moments_that_share_a_hundredth_of_an_epoch_share_no_file(tmp_path):
    run = a_run()
    write_description(tmp_path, run)
    for step in (0, 1, 2, 3):
        write_snapshot(tmp_path, replace(a_snapshot(step), epoch=step / 1000), run)
    read = read_run(tmp_path)
    assert [snapshot.step for snapshot in read.snapshots] == [0, 1, 2, 3]
    assert moment_labels(read.snapshots) == ["00_step_0", "00_step_1", "00_step_2", "00_step_3"]


def test_series_that_do_not_belong_together(tmp_path):
    run = a_run()
    write_description(tmp_path, run)
    write_snapshot(tmp_path, a_snapshot(1), run)
    write_snapshot(tmp_path, replace(a_snapshot(2), epoch=0.0), run)
    with pytest.raises(InputError, match="its epochs do not rise with its steps"):
        read_run(tmp_path)
    later = next((tmp_path / "snapshots").glob("*_step_2.npz"))
    later.unlink()
    write_snapshot(tmp_path, a_snapshot(3, class_weights=np.ones((3, 2), np.float32)), run)
    with pytest.raises(InputError, match="shows other points"):
        read_run(tmp_path)


@pytest.mark.parametrize("key", ["class_names", "splits", "head", "settings", "finished", "format", "name"])
@pytest.mark.parametrize("value", [None, -1, "x" * 300, [], {}, ["a", 3]])
def test_a_description_of_another_kind_is_refused_or_read(tmp_path, key, value):
    """Whatever stands under a key: a clear error that names it, or a value that is possible there."""
    write_description(tmp_path, a_run(head=DrawnHead(MarginSpec(True, True, 4, 1, 0, 0))))
    content = json.loads((tmp_path / "run.json").read_text())
    content[key] = value
    (tmp_path / "run.json").write_text(json.dumps(content))
    possible = (key, value) in [("head", None), ("settings", {})]
    if possible:
        read_description(tmp_path)
        return
    with pytest.raises(InputError, match=key if key != "class_names" else "class_names"):
        read_description(tmp_path)


def test_the_fingerprint_leaves_out_what_decides_nothing():
    run = a_run(settings={"seed": 1})
    same = replace(
        run, name="b", source="folder:/elsewhere", made_with={"torch": "3"}, finished=4, metrics={"loss": 1.0}
    )
    assert same.fingerprint == run.fingerprint
    assert decisive(same) == decisive(run)
    for other in ({"settings": {"seed": 2}}, {"images": "x"}, {"class_names": ("x", "y", "w")}):
        assert replace(run, **other).fingerprint != run.fingerprint


def test_a_record_of_which_nothing_is_known_is_drawn_without_regions(tmp_path):
    """Points and weights, no head: the picture has the record's name, no numbers of a loss, no sector."""
    weights = np.array([[1, 0], [-0.5, 0.9], [-0.5, -0.9]], np.float32)
    write_description(tmp_path, a_run(name="theirs"))
    write_snapshot(tmp_path, a_snapshot(1, class_weights=weights), a_run(name="theirs"))
    page = SquareFrame(read_run(tmp_path), "test", Style())
    page.show(0)
    words = {text.get_text() for text in page.figure.texts}
    assert "theirs" in words and not any(word.startswith("s =") for word in words)
    assert len(page.scatter.sectors.regions.get_paths()) == len(page.scatter.sectors.margin.get_paths()) == 0
    assert mg.draw.gif(mg.read(tmp_path), tmp_path / "theirs.gif").read_bytes().startswith(b"GIF89a")
    run = mg.read(tmp_path)
    assert b"theirs" in run.page(tmp_path / "theirs.html").read_bytes()
    assert run._repr_png_().startswith(b"\x89PNG")
    assert [snapshot.step for snapshot in run] == [1] and run[-1].run is run
    with pytest.raises(mg.InputError, match="must end with"):
        run.gif(tmp_path / "theirs.jpg")


def test_a_run_of_ours_that_is_read_makes_its_page(config_file, mnist, tmp_path):
    shown = save(shown_run(config_file.margin("CosFace_v1"), mnist, "mine"), mnist, tmp_path)
    path = mg.read(tmp_path / "mine").page(tmp_path / "page" / "mine.html")
    assert shown.name in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": {"": SplitNames()}},
        {"splits": {"metric_a": SplitNames()}},
        {"splits": {"centre": SplitNames()}},
        {"splits": {"a/b": SplitNames()}},
        {"splits": {}},
        {"class_names": ()},
        {"class_names": ("x", "")},
        {"name": ""},
        {"finished": -1},
    ],
)
def test_a_description_that_could_not_be_read_is_not_written(tmp_path, changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        write_description(tmp_path, a_run(**changes))
    assert not list(tmp_path.iterdir())


def test_the_record_has_the_margin_of_its_moment(tiny, few_digits):
    """psi of the preset; of a margin that comes in slowly, softened by the lambda of the last step."""
    theta = np.linspace(0, np.pi, 181)
    config = tiny("ArcFace_v3", basemodel="MiniResnet18", epochs=1)
    bent = psi(theta, config.loss)
    for lambda_start in (0.0, 10.0):
        slow = replace(config, training=replace(config.training, lambda_start=lambda_start, lambda_decay=0.5))
        snapshots = [progress.snapshot for progress in train(slow, few_digits) if progress.snapshot]
        for snapshot in snapshots:
            annealing_lambda = lambda_start / (1 + 0.5 * max(0, snapshot.step - 1))
            np.testing.assert_allclose(
                snapshot.psi, (annealing_lambda * np.cos(theta) + bent) / (1 + annealing_lambda), atol=1e-12
            )
    further = next(train(tiny("center", basemodel="MiniResnet18"), few_digits)).snapshot
    assert further.psi is None


WEIGHTS = np.array([[1, 0], [-0.5, 0.9], [-0.5, -0.9]], np.float32)


def drawn_by_command(run, tmp_path) -> tuple[int, str, str]:
    return run("create_gif.py", "--lossname", "theirs", "--outputs", tmp_path)


def test_a_split_of_any_name_is_drawn(run, tmp_path):
    part = a_snapshot().points("test")
    ours = a_run(splits={"val": SplitNames(), "other": SplitNames(classes=("p", "q", "r"))})
    write_description(tmp_path / "theirs", ours)
    write_snapshot(tmp_path / "theirs", a_snapshot(splits={"val": part, "other": part}, class_weights=WEIGHTS), ours)
    code, out, err = drawn_by_command(run, tmp_path)
    assert (code, err, out.count("val.gif"), out.count("other.gif")) == (0, "", 1, 0)
    assert mg.read(tmp_path / "theirs")._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="has classes of their own in other"):
        mg.read(tmp_path / "theirs").gif(tmp_path / "other.gif", "other")
    with pytest.raises(InputError, match="no split 'train'; there are: val, other"):
        mg.read(tmp_path / "theirs")[0].points("train")


def test_a_bias_makes_polygons_of_sectors(tmp_path):
    spec = MarginSpec(w_norm=False, x_norm=False, s=1, m1=1, m2=0, m3=0)
    ours = a_run(head=DrawnHead(spec))
    write_description(tmp_path, ours)
    write_snapshot(tmp_path, a_snapshot(class_weights=WEIGHTS, bias=np.array([50, 0, 0], np.float32)), ours)
    assert read_run(tmp_path).regions == "polygons"


def test_predictions_are_in_all_snapshots_or_in_none(tmp_path):
    write_description(tmp_path, a_run())
    write_snapshot(tmp_path, a_snapshot(1), a_run())
    later = a_snapshot(2)
    without = {split: replace(points, predictions=None) for split, points in later.splits.items()}
    write_snapshot(tmp_path, replace(later, splits=without), a_run())
    with pytest.raises(InputError, match="shows other points"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"step": 1.5}, "its step must be a whole number"),
        ({"metrics": {"loss": "low"}}, "metric loss must be a number, not str"),
        ({"class_weights": np.ones((3, 2), np.int64)}, "class_weights must be floating-point numbers"),
        ({"class_weights": np.full((3, 2), 1e300)}, "too large for 32 bits"),
        ({"class_weights": [[1, 0]]}, "class_weights must be a NumPy array, not a list"),
    ],
)
def test_numbers_of_another_kind_are_not_written(tmp_path, changes, complaint):
    write_description(tmp_path, a_run())
    with pytest.raises(InputError, match=complaint):
        write_snapshot(tmp_path, replace(a_snapshot(), **changes), a_run())
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_a_step_is_written_once(tmp_path):
    write_description(tmp_path, a_run())
    write_snapshot(tmp_path, a_snapshot(3), a_run())
    with pytest.raises(InputError, match="step 3 has a snapshot of another epoch already"):
        write_snapshot(tmp_path, replace(a_snapshot(3), epoch=4.0), a_run())
    write_snapshot(tmp_path, a_snapshot(3), a_run())
    assert len(read_run(tmp_path).snapshots) == 1


def test_settings_are_what_json_makes_of_them(tmp_path):
    run = a_run(settings={2: "two", 10: (1, 2)})
    write_description(tmp_path, run)
    write_snapshot(tmp_path, a_snapshot(), run)
    assert read_description(tmp_path).settings == {"2": "two", "10": [1, 2]}
    assert len(read_run(tmp_path).snapshots) == 1
    with pytest.raises(InputError, match="cannot hold this as JSON"):
        write_description(tmp_path, a_run(settings={"path": tmp_path}))


@pytest.mark.parametrize("value", ["abc", [1], True, 10**400, float("inf")])
def test_metrics_that_are_no_numbers_are_refused(tmp_path, value):
    write_description(tmp_path, a_run())
    content = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(content | {"metrics": {"loss": value}}))
    with pytest.raises(InputError, match="metrics: loss must be a number or null"):
        read_description(tmp_path)
