"""The programs of examples/ in short, and features that other programs left in files."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import marginalia as mg
from marginalia.recorded import read_features_file

from .conftest import ROOT

SHORT = {
    "plain_pytorch": ("epochs=2, count=600", 2, 2, "polygons"),
    "digits_pca": ("", 12, 2, "none"),
    "jax_loop": ("epochs=2", 2, 2, "polygons"),
    "resnet_100_classes": ("epochs=1, count=128, probe=300", 1, 512, "polygons"),
}


@pytest.mark.parametrize("name", SHORT)
def test_an_example_records_and_draws(tmp_path, name):
    if name == "jax_loop":
        pytest.importorskip("jax")
    arguments, snapshots, dimension, regions = SHORT[name]
    code = f"import {name}; {name}.main({str(tmp_path / 'run')!r}, {arguments})"
    places = {"PYTHONPATH": f"{ROOT}:{ROOT / 'examples'}"}
    subprocess.run([sys.executable, "-c", code], env=os.environ | places, check=True, capture_output=True)
    run = mg.read(tmp_path / "run")
    assert (len(run), run.dimension, run.regions, run.description.finished) == (
        snapshots,
        dimension,
        regions,
        snapshots,
    )
    with Image.open(tmp_path / "run" / "space.gif") as picture:
        assert picture.n_frames == snapshots
    assert (tmp_path / "run" / "page.html").stat().st_size > 100_000


def features(count: int = 90) -> tuple[np.ndarray, np.ndarray]:
    labels = np.array(["dog", "cat", "owl"])[np.arange(count) % 3]
    random = np.random.default_rng(0)
    return np.stack(
        [epoch * np.eye(4)[np.arange(count) % 3] + random.normal(size=(count, 4)) for epoch in (0, 5)]
    ), labels


def write_table(path) -> None:
    series, labels = features()
    columns = {"epoch": np.repeat([0.0, 5.0], len(labels)), "label": np.tile(labels, 2)}
    columns |= {f"x{axis}": series[:, :, axis].ravel() for axis in range(4)}
    if path.suffix == ".parquet":
        arrow = pytest.importorskip("pyarrow")
        from pyarrow.parquet import write_table as write

        write(arrow.table(columns), path)
        return
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join(",".join(map(str, row)) for row in [columns, *rows]))


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_a_file_of_features_is_drawn(run, tmp_path, suffix):
    path = tmp_path / f"mine{suffix}"
    series, labels = features()
    if suffix == ".npz":
        np.savez(path, features=series, labels=labels, epochs=[0, 5])
    else:
        write_table(path)
    for _ in range(2):  # the second time it takes the place of the first
        code, said, err = run("create_gif.py", "--features", path, "--outputs", tmp_path, "--size", 240)
        assert (code, err, said.split()) == (0, "", [str(tmp_path / "mine" / "points.gif")])
    made = mg.read(tmp_path / "mine")
    assert (made.class_names, [snapshot.epoch for snapshot in made]) == (("cat", "dog", "owl"), [0, 5])
    np.testing.assert_allclose(made[1].points("points").features, series[1], rtol=1e-6)
    assert [made.class_names[label] for label in made[0].points("points").labels] == labels.tolist()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("mine.txt", "", "must end with .npz, .csv, .parquet"),
        ("none.csv", None, "no such file"),
        ("mine.csv", "a,b\n1,2", "its columns are a, b; it needs label, x0, x1"),
        ("mine.csv", "label,x0\n1,here", "could not convert"),
        ("mine.csv", "epoch,label,x0,x1\n0,1,2,3\n0,2,2,3\n1,1,2,3", "epoch 1 has 1 points, the first one 2 points"),
        ("mine.csv", "label,x0\n1,2\n1,nan", "x0 of row 2 is nan"),
        ("mine.npz", "no archive", "cannot be read"),
        ("mine.npz", {"features": np.zeros(3), "labels": np.arange(3)}, r"its arrays have the shapes features (3,)"),
        ("mine.npz", {"features": np.zeros((2, 3, 2)), "labels": np.arange(3), "epochs": [2]}, "epochs (1,)"),
    ],
)
def test_a_file_of_features_that_cannot_be_drawn(run, tmp_path, name, content, message):
    if isinstance(content, dict):
        np.savez(tmp_path / name, **content)
    elif content is not None:
        (tmp_path / name).write_text(content)
    code, _, err = run("create_gif.py", "--features", tmp_path / name, "--outputs", tmp_path / "outputs")
    assert (code, err.count("\n")) == (2, 1)
    assert message in err


def test_a_run_of_that_name_is_not_replaced(run, tmp_path):
    mg.Recorder(tmp_path / "mine").add(0, np.eye(3)[:, :2], [0, 1, 2])
    np.savez(tmp_path / "mine.npz", features=np.eye(3), labels=[0, 1, 2])
    code, _, err = run("create_gif.py", "--features", tmp_path / "mine.npz", "--outputs", tmp_path)
    assert code == 2 and "mine holds a run; rename mine.npz" in err
    assert mg.read(tmp_path / "mine").dimension == 2


def test_a_run_as_a_table_and_back(tmp_path):
    pytest.importorskip("pyarrow")
    series, labels = features()
    with mg.Recorder(tmp_path / "run", class_names=("cat", "dog", "owl")) as recorder:
        places = np.array([("cat", "dog", "owl").index(name) for name in labels])
        for epoch, moment in enumerate(series):
            recorder.add(epoch, moment, places, predictions=np.roll(places, 1))
    run = mg.read(tmp_path / "run")
    frame = run.to_frame()
    assert list(frame.columns) == ["epoch", "step", "label", "prediction", "text", "x", "y", "x0", "x1", "x2", "x3"]
    assert (len(frame), frame["text"][91], frame["label"][91]) == (180, "test 1", labels[1])
    back = mg.read_parquet(run.to_parquet(tmp_path / "run.parquet"))
    for before, after in zip(run.snapshots, back.snapshots, strict=True):
        np.testing.assert_array_equal(before.points("test").features, after.points("points").features)
        np.testing.assert_array_equal(before.points("test").predictions, after.points("points").predictions)
    (tmp_path / "none.parquet").write_text("no table")
    with pytest.raises(mg.InputError, match=r"none\.parquet cannot be read"):
        mg.read_parquet(tmp_path / "none.parquet")


def test_a_table_that_cannot_be_read_leaves_the_run_of_before(run, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("label,x0,x1\na,1,2\nb,2,1")
    assert run("create_gif.py", "--features", table, "--outputs", tmp_path, "--size", 240)[0] == 0
    table.write_text("label,x0,x1\na,1,2\nb,2,nan")
    assert run("create_gif.py", "--features", table, "--outputs", tmp_path)[0] == 2
    assert mg.read(tmp_path / "mine")[0].points("points").features.tolist() == [[1, 2], [2, 1]]


def test_epochs_of_an_archive_are_put_in_order(tmp_path):
    features = np.arange(12.0).reshape(2, 3, 2)
    np.savez(
        tmp_path / "mine.npz", features=features, labels=[0, 1, 2], epochs=[5, 2], predictions=[[0, 1, 2], [2, 1, 0]]
    )
    early, late = read_features_file(tmp_path / "mine.npz").snapshots
    assert (early.epoch, late.epoch) == (2, 5)
    np.testing.assert_array_equal(early.points("points").features, features[1])
    np.testing.assert_array_equal(early.points("points").predictions, [2, 1, 0])
