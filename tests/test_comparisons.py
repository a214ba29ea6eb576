"""Runs side by side: panes, turning, marks, and captions that have room."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from marginalia.core.errors import InputError
from marginalia.viz.alignment import aligned, turned_snapshot
from marginalia.viz.compare import CAPTION, FEWEST, FOOTER, HEADER, MOST, Compare, best_grid
from marginalia.viz.sheet import LINES, WIDTH, Sheet
from marginalia.viz.style import Style
from marginalia.viz.words import ENGLISH, read_words

from .made_up import drawn, made_up_run

LABELS = Path(__file__).parents[1] / "docs" / "labels"


def words(sheet: Sheet) -> str:
    texts = [text.get_text() for text in sheet.figure.texts]
    said = " ".join(texts + [text.get_text() for ax in sheet.figure.axes for text in ax.texts])
    return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("count", range(FEWEST, MOST + 1))
def test_panes_fit_side_by_side(count):
    grid = best_grid(count)
    assert grid.columns * grid.rows >= count
    assert grid.columns * grid.side <= WIDTH
    assert grid.rows * (grid.side + CAPTION) <= LINES - HEADER - FOOTER
    assert grid.side >= 150


def test_panes_show_the_same_epoch_and_say_when_they_cannot(config_file):
    long, short = made_up_run(config_file, snapshots=5), made_up_run(config_file, "softmax", snapshots=3)
    sheet = Compare([long, short], "test", Style())
    assert sheet.count == 5
    assert sheet.image(4).shape == (720, 1280, 3)
    for pane, run, number in zip(sheet.panes, (long, short), (4, 2), strict=True):
        expected = pane.camera.seen(run.snapshots[number].points("test").features, run.snapshots[number])
        np.testing.assert_allclose(drawn(pane.dots.front), expected, rtol=1e-6)
    said = words(sheet)
    assert "epoch 4" in said
    assert "(epoch 2)" in said
    assert "own scale" in said


def test_runs_beside_each_other_are_turned_alike(config_file):
    """A run that is turned and mirrored stands as the run that it came from, and nothing in it changes its angles."""
    run = made_up_run(config_file)
    mirror = np.float32([[np.cos(1), np.sin(1)], [np.sin(1), -np.cos(1)]])
    other = replace(run, snapshots=tuple(turned_snapshot(snapshot, mirror) for snapshot in run.snapshots))
    straight, back = aligned([run, other])
    assert (straight.run, straight.mirrored, back.mirrored) == (run, False, True)
    for before, after in zip(run.snapshots, back.run.snapshots, strict=True):
        np.testing.assert_allclose(after.class_weights, before.class_weights, atol=1e-5)
        np.testing.assert_allclose(after.points("test").features, before.points("test").features, atol=1e-4)
        assert after.metrics == before.metrics
    compare = Compare([run, other], "test", Style())
    compare.image(3)
    assert "↔" in compare.accuracies[1].get_text()
    assert "↔ mirrored" in words(compare)
    assert "turned alike" in words(compare)


def test_runs_of_other_classes_are_not_turned(config_file):
    run, other = made_up_run(config_file), made_up_run(config_file, names=tuple("abcdefghij"), seed=1)
    assert aligned([run, other])[1].run is other
    assert "turned" not in words(Compare([run, other], "test", Style()))


def test_marks_are_what_the_first_gets_right_and_the_second_wrong(config_file):
    first = made_up_run(config_file)
    nothing = [replace(s.points("test"), predictions=np.zeros(400, np.int64)) for s in first.snapshots]
    snapshots = [replace(s, splits={"test": p}) for s, p in zip(first.snapshots, nothing, strict=True)]
    second = replace(first, snapshots=tuple(snapshots))
    compare = Compare([first, second], "test", Style(), mark=True)
    compare.image(2)
    points = first.snapshots[2].points("test")
    expected = np.count_nonzero(~points.wrong & (points.labels != 0))
    assert expected > 100
    for pane in compare.panes:
        assert len(pane.errors.get_data()[0]) == expected
    assert f"ringed: {expected} right on the left, wrong on the right" in words(compare)
    with pytest.raises(InputError, match="show other test images"):
        Compare([first, made_up_run(config_file, seed=5)], "test", Style(), mark=True)


def test_a_plain_comparison_says_nothing_but_the_names(config_file):
    compare = Compare([made_up_run(config_file), made_up_run(config_file, "softmax")], "test", Style(), plain=True)
    compare.image(2)
    assert [text.get_text() for text in compare.figure.texts if text.get_visible()] == ["CosFace_v1", "softmax"]


def test_a_run_that_stands_still_between_its_epochs_does_not_pulsate(config_file):
    """Beside a run with more snapshots it waits for its next one, and so does its camera."""
    often = made_up_run(config_file, snapshots=4)
    seldom = replace(made_up_run(config_file, "softmax"), snapshots=tuple(often.snapshots[i] for i in (0, 3)))
    compare = Compare([often, seldom], "test", Style(), between=1)
    seen = []
    for number in range(5):
        compare.show(number)
        seen.append(drawn(compare.panes[1].dots.front))
    for later in seen[1:4]:
        np.testing.assert_array_equal(later, seen[0])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("mark", [False, True])
def test_captions_of_a_comparison_do_not_run_into_each_other(config_file, language, mark):
    words = read_words(LABELS / "de.json") if language == "de" else ENGLISH
    run = made_up_run(config_file, count=4000)
    other = replace(made_up_run(config_file, "softmax", count=4000), name="softmax")
    compare = Compare([run, other], "train", Style(words=words), mark=mark)
    compare.epochs = [0.016, *compare.epochs[1:]]
    compare.image(1)
    texts = [text for text in compare.figure.texts if text.get_text() and text.get_visible()]
    for text in texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= 1280, text
    for first, second in combinations(texts, 2):
        assert not first.get_window_extent().overlaps(second.get_window_extent()), (first, second)


@pytest.mark.parametrize("options", [{"view": "circle"}, {"overlays": ("regions",)}])
def test_marks_need_rings(config_file, options):
    run = made_up_run(config_file)
    with pytest.raises(InputError, match="--mark rings points"):
        Compare([run, run], "test", Style(**options), mark=True)


def test_what_cannot_be_drawn_is_refused_before_it_is_turned(config_file):
    run = made_up_run(config_file)
    lonely = replace(run, class_names=("all",))
    with pytest.raises(InputError, match="has 1 classes; from 2 to 1,000 can be drawn"):
        Compare([run, lonely], "test", Style())
