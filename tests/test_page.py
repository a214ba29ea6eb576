"""The page without a browser: what is chosen, how it is packed, which file is written."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import marginalia.draw
from marginalia.record.snapshot import Points
from marginalia.viz import page
from marginalia.viz.page.assemble import in_script
from marginalia.viz.page.pack import angle_steps, digit_bytes, length_steps, longest, planes
from marginalia.viz.page.page_data import badge_angles, class_directions
from marginalia.viz.page.region_shapes import margins_of, sectors_of, wedges
from marginalia.viz.page.script import script
from marginalia.viz.page.selection import in_words, selected
from marginalia.viz.regions import Arc, decision_arcs, training_arcs

from .conftest import ROOT
from .made_up import made_up_run
from .paged import save, shown_run

SOURCE = Path(page.__file__).parent


@pytest.fixture
def outputs(config_file, mnist, tmp_path):
    for name in ("softmax", "CosFace_v1"):
        save(shown_run(config_file.margin(name), mnist, name), mnist, tmp_path)
    return tmp_path


@pytest.fixture
def make(run, outputs, mnist, monkeypatch):
    monkeypatch.setattr(marginalia.draw, "load_dataset", lambda *_: mnist)

    def call(*arguments: object) -> tuple[int, str, str]:
        return run("create_gif.py", *arguments, "--outputs", outputs, "--config", ROOT / "config.json")

    return call


def data_of(page: str) -> dict:
    return json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.S)[1])


def points(labels: np.ndarray, wrong: np.ndarray) -> Points:
    return Points(np.zeros((len(labels), 2), np.float32), labels, np.where(wrong, (labels + 1) % 10, labels))


def test_errors_are_all_kept_and_the_rest_is_even():
    random = np.random.default_rng(0)
    labels = np.sort(random.choice(10, size=4000, p=np.arange(1, 11) / 55))
    first, second = random.random((2, 4000)) < 0.02
    chosen = selected([points(labels, first), points(labels, second)], 500)
    assert len(chosen) == len(set(chosen)) == 500
    assert set(np.flatnonzero(first | second)) <= set(chosen)
    counts = np.bincount(labels[chosen], minlength=10)
    assert counts.max() - counts.min() <= 1
    assert np.count_nonzero(np.diff(labels[chosen])) > 400, "the order is not shuffled"


def test_more_errors_than_places():
    labels = np.arange(1000) % 10
    wrong = labels < 5
    chosen = selected([points(labels, wrong)], 100)
    assert wrong[chosen].all()
    assert np.bincount(labels[chosen]).tolist() == [20] * 5


def test_the_page_says_what_it_shows(config_file):
    run = made_up_run(config_file, count=400)
    assert in_words([run], "test", np.arange(400)) == "all 400 test images of the snapshots"
    assert "every error" in in_words([run], "train", np.arange(200))
    assert "every error" not in in_words([run], "train", np.arange(10))


def test_steps_are_small_enough():
    features = np.random.default_rng(0).normal(size=(3, 500, 2)) * np.array([1e-3, 1, 1e4])[:, None, None]
    angles, lengths = angle_steps(features), length_steps(features)
    assert 0 <= min(angles.min(), lengths.min()) <= max(angles.max(), lengths.max()) <= 4095
    back = lengths / 4095 * longest(features)[:, None]
    np.testing.assert_allclose(back, np.linalg.norm(features, axis=2), atol=0.5001 / 4095 * longest(features).max())
    turns = np.angle(np.exp(1j * (angles * 2 * np.pi / 4096 - np.arctan2(features[..., 1], features[..., 0]))))
    assert np.abs(turns).max() <= np.pi / 4096 + 1e-12


def test_differences_add_up():
    steps = np.random.default_rng(0).integers(4096, size=(5, 40))
    low, high = np.frombuffer(planes(steps), np.uint8).reshape(2, 5, 40).astype(int)
    folded = low | high << 8
    change = np.where(folded & 1, -(folded + 1) // 2, folded // 2)
    total = change.cumsum(axis=0)
    np.testing.assert_array_equal(total % 4096, steps)
    assert np.abs(change).max() <= 2048


def test_digits_are_off_by_at_most_half_a_step(mnist):
    pixels = mnist.test.images[:50]
    packed = np.frombuffer(digit_bytes(pixels), np.uint8)
    greys = 17 * np.stack((packed >> 4, packed & 15), axis=1).reshape(pixels.shape).astype(int)
    assert np.abs(greys - pixels).max() <= 8


def test_directions_go_on_the_shorter_way(config_file):
    run = made_up_run(config_file, snapshots=2)
    turned = [np.pi - 0.1 + 0.3 * row + np.linspace(0, 5, 10) for row in range(2)]
    weights = [2 * np.stack((np.cos(angles), np.sin(angles)), axis=1) for angles in turned]
    snapshots = [replace(s, class_weights=w) for s, w in zip(run.snapshots, weights, strict=True)]
    turning = replace(run, snapshots=tuple(snapshots))
    angles, lengths = np.moveaxis(np.array(class_directions(turning)), 2, 0)
    np.testing.assert_allclose(np.diff(angles, axis=0), 0.3, atol=1e-6)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)
    np.testing.assert_allclose(np.diff(badge_angles(turning), axis=0), 0.3, atol=2e-4)


def test_wedges_go_on_the_shorter_way():
    made = wedges([
        [Arc(6.2, 1.1, 4), Arc(1.0, 5.2, 2)],
        [Arc(0.1, 1.0, 4), Arc(1.1, 5.2, 2)],
        [Arc(0.0, 3.0, 2), Arc(3.0, 3.0, 3)],
        [],
    ])  # fmt: skip
    turn = 2 * np.pi
    assert [[label for label, *_ in row] for row in made] == [[2, 4], [2, 4], [2, 3], []]
    np.testing.assert_allclose(made[0], [[2, 1.0, 5.2], [4, 6.2, 1.1]])
    np.testing.assert_allclose(made[1], [[2, 1.1, 5.2], [4, 0.1 + turn, 1.0]], atol=1e-6)


@pytest.mark.parametrize("name", ["softmax", "ArcFace_v3"])
def test_the_shapes_are_those_of_the_regions(config_file, name):
    run = made_up_run(config_file, name)
    for python, rows in ((decision_arcs, sectors_of(run)), (training_arcs, margins_of(run))):
        for snapshot, row in zip(run.snapshots, rows, strict=True):
            arcs = python(snapshot.class_weights, run.spec)
            wanted = {arc.label: arc.width for arc in arcs}
            if python is decision_arcs:
                assert {label: width for label, _, width in row} == pytest.approx(wanted, abs=1e-6)
            elif run.spec.has_margin:
                assert sum(wedge[2] for wedge in row) == pytest.approx(2 * np.pi - sum(wanted.values()), abs=1e-4)
            else:
                assert row == []


def test_json_cannot_leave_its_element():
    hostile = {"name": "</script><script>alert(1)</script>\u2028\u2029<!--&"}
    text = in_script(hostile)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == hostile


def test_a_page_of_two_runs(make, outputs):
    path = outputs / "pages" / "two.html"
    code, out, err = make("--page", path, "--lossname", "softmax", "--lossname", "CosFace_v1")
    assert (code, out, err) == (0, f"{path}\n", "")
    page = path.read_text()
    assert [run["name"] for run in data_of(page)["runs"]] == ["softmax", "CosFace_v1"]
    assert len(data_of(page)["sets"]) == 1, "digits are not shared"
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?:", page)
    first = path.read_bytes()
    make("--page", path, "--lossname", "softmax", "--lossname", "CosFace_v1")
    assert path.read_bytes() == first


def test_both_splits_are_in_the_page(make, outputs, mnist):
    make("--page", outputs / "one.html", "--lossname", "softmax")
    page = (outputs / "one.html").read_text()
    (shown,) = data_of(page)["sets"]
    for split, part in (("train", mnist.train), ("test", mnist.test)):
        assert shown[split]["labels"] == part.labels[shown[split]["numbers"]].tolist()
    digits = gzip.decompress(base64.b64decode(re.search(r'id="set-0">(.*?)</script>', page)[1]))
    assert len(digits) == 392 * sum(len(shown[split]["numbers"]) for split in ("train", "test"))


def test_all_runs_and_a_part_of_the_epochs(make, outputs, config_file, mnist):
    flat = shown_run(config_file.margin("softmax"), mnist, "solid")
    deep = [replace(s, class_weights=np.pad(s.class_weights, ((0, 0), (0, 1))),
                    splits={split: replace(part, features=np.pad(part.features, ((0, 0), (0, 1))))
                            for split, part in s.splits.items()})
            for s in flat.snapshots]  # fmt: skip
    save(replace(flat, snapshots=tuple(deep)), mnist, outputs)
    path = outputs / "all.html"
    code, out, _ = make("--page", path, "--lossname", "all", "--start-epoch", 1, "--end-epoch", 2)
    assert code == 0
    assert "left out: solid" in out
    assert [run["epochs"] for run in data_of(path.read_text())["runs"]] == [[1, 2], [1, 2]]
    code, _, err = make("--page", path, "--lossname", "solid")
    assert code == 2
    assert err == "error: solid has three dimensions; a page shows runs of --visual_dimension 2\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--page", "losses.htm", "--lossname", "softmax"), "must end with .html"),
        (("--page", "losses.html"), "--lossname is missing"),
        (("--page", "losses.html", "--lossname", "nothing"), "no run 'nothing'"),
        (("--page", "losses.html", "--lossname", "softmax", "--start-epoch", "9"), "no snapshot between"),
        (("--page", "losses.html", "--deck", "losses.pptx", "--lossname", "softmax"), "one at a time"),
    ],
)
def test_what_cannot_be_made_is_one_line(make, arguments, part):
    code, _, err = make(*arguments)
    assert code == 2
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert part in err


def test_images_that_are_not_the_run_s(make, outputs, config_file, few_digits, mnist):
    save(shown_run(config_file.margin("softmax"), few_digits, "other", count=90), few_digits, outputs)
    code, _, err = make("--page", outputs / "x.html", "--lossname", "other")
    assert (code, "not what other was trained on" in err) == (2, True)
    save(shown_run(config_file.margin("softmax"), few_digits, "mixed", count=90), mnist, outputs)
    code, _, err = make("--page", outputs / "x.html", "--lossname", "mixed")
    assert (code, "mixed shows other train images" in err) == (2, True)


def test_training_ends_with_a_page(tiny, few_digits, tmp_path):
    from marginalia.cli.experiment import run_experiment

    folder = tmp_path / "softmax"
    run_experiment(tiny("softmax", basemodel="MiniResnet18"), few_digits, folder)
    page = (folder / "index.html").read_bytes()
    assert data_of(page.decode())["runs"][0]["epochs"] == [0, 1, 2]
    run_experiment(tiny("softmax", basemodel="MiniResnet18"), few_digits, folder, overwrite=True)
    assert (folder / "index.html").read_bytes() == page


def test_a_page_that_fails_leaves_the_run_whole(tiny, few_digits, tmp_path, monkeypatch, capsys):
    from marginalia.cli import experiment

    def fail(*_: object) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(experiment, "write_page", fail)
    config, folder = tiny("softmax", basemodel="MiniResnet18"), tmp_path / "softmax"
    (folder).mkdir()
    (folder / "index.html").write_text("of another run")
    experiment.run_experiment(config, few_digits, folder, overwrite=True)
    assert json.loads((folder / "run.json").read_text())["finished"] == 3
    assert not (folder / "index.html").exists()
    assert "softmax: no page (no ink)" in capsys.readouterr().err
    assert "RuntimeError: no ink" in (folder / "log.txt").read_text()


def test_a_run_in_three_dimensions_ends_without_a_page(tiny, few_digits, tmp_path, capsys, monkeypatch):
    from marginalia.cli.experiment import run_experiment

    monkeypatch.setattr("marginalia.viz.movie.FULL_TURN", 5)  # frames of a turn
    config = tiny("softmax", basemodel="MiniResnet18", visual_dimension=3, epochs=1)
    run_experiment(config, few_digits, tmp_path / "softmax")
    assert not (tmp_path / "softmax" / "index.html").exists()
    assert capsys.readouterr().err == ""


def test_the_page_of_a_run_stays_small(make, outputs):
    """What it has besides the points and digits leaves them most of 2 MB."""
    make("--page", outputs / "one.html", "--lossname", "softmax")
    page = (outputs / "one.html").read_text()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    (code,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    assert code == f"\n{script()}\n"
    assert (SOURCE / "style.css").read_text() in style
    assert len(page.encode()) < 2_000_000
    assert len(style.encode()) + len(code.encode()) < 200_000
