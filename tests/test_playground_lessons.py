"""The lessons of the playground: each is played from start to end in the browser, and the numbers of its networks say
whether what it tells is so."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marginalia.config.config_file import read_config
from marginalia.core.errors import InputError
from marginalia.viz.playground.lessons import ORDER, included, read_lesson
from marginalia.viz.playground.texts import captions

from .conftest import ROOT
from .playground_page import address_of, open_at
from .waiting import wait_until

PRESETS = read_config(ROOT / "config.json").margins()
LABELS = ROOT / "docs" / "labels" / "playground"


@pytest.fixture
def page(playground_page):
    return playground_page


class Side:
    """One training as the page has it: weights (C, 2), features of held-out digits (N, 2) and their labels (N,)."""

    def __init__(self, state: dict[str, Any], labels: list[int]):
        self.weights = np.reshape(state["weights"], (-1, 2))
        self.features = np.reshape(state["features"], (-1, 2))
        self.strangers = np.reshape(state["strangers"], (-1, 2))
        self.labels = np.array(labels)[: len(self.features)]
        self.right = np.array(state["predictions"]) == self.labels
        self.loss, self.accuracy, self.steps = state["loss"], state["accuracy"], state["steps"]

    @property
    def lengths(self) -> np.ndarray:
        return np.linalg.norm(self.features, axis=1)

    def angles(self, features: np.ndarray) -> np.ndarray:
        """Degrees to each class, (N, C)."""
        turns = [np.arctan2(part[:, 1], part[:, 0]) for part in (features, self.weights)]
        return np.degrees(np.abs((turns[0][:, None] - turns[1] + np.pi) % (2 * np.pi) - np.pi))

    def own_angles(self) -> np.ndarray:
        return self.angles(self.features)[np.arange(len(self.labels)), self.labels]

    def narrowest_gap(self) -> float:
        """Degrees between the two lines that are nearest to each other."""
        angles = np.sort(np.degrees(np.arctan2(self.weights[:, 1], self.weights[:, 0])))
        return float(np.min(np.diff(np.append(angles, angles[0] + 360))))


STATES = """() => trainings.states.map(({ weights, features, strangers, predictions, loss, accuracy, steps }) => ({
  weights: [...weights], features: [...features], strangers: [...strangers], predictions: [...predictions],
  loss, accuracy, steps,
}))"""


def played(page, name: str, at: int) -> list[Side]:
    """Opens a step of a lesson, waits until its trainings rest, and returns them."""
    step = json.loads((ROOT / "marginalia/viz/playground/lessons" / f"{name}.json").read_text())["steps"][at - 1]
    open_at(page, int(step["start"].rpartition("step=")[2]), f"lesson={name}&at={at}")
    labels = page.evaluate("() => [...digits.heldOut.labels]")
    return [Side(state, labels) for state in page.evaluate(STATES)]


def smoothed_loss(page, side: int = 0) -> float:
    return page.evaluate("side => pictures.histories[side].mean", side)


def floor_of(s: float, classes: int = 10) -> float:
    return math.log(sum(math.exp(s * (math.cos(2 * math.pi * k / classes) - 1)) for k in range(classes)))


# Presses an answer; what is written before the trainings arrive.
GUESS = """(button) => {
  button.click();
  return [elements["guide-guess"].innerText, elements["guide-text"].innerText];
}"""


def test_a_guess_comes_before_the_answer(page):
    """The whole way through a lesson with the pointer: question, guess, answer, next, leave."""
    page.select_option("#lessons", "too-much")
    wait_until(lambda: page.inner_text("#steps") == "1")
    assert page.is_visible("#question") and page.is_hidden("#m1") and page.is_hidden("#classes")
    guess, text = page.locator("#answers button").nth(0).evaluate(GUESS)
    assert guess == "Your guess: All classes become very narrow" and "less than 0.81" not in text
    wait_until(lambda: page.inner_text("#steps") == "3,000" and "It is" in page.inner_text("#guide-guess"))
    assert page.inner_text("#guide-guess").endswith("It is: Some classes merge.")
    assert "less than 0.81" in page.inner_text("#guide-text") and page.is_visible("#m3")
    page.click("#next")
    wait_until(lambda: page.inner_text("#steps") == "1,500")
    assert page.is_disabled("#next") and page.inner_text("#guide-guess") == ""
    wait_until(lambda: "lesson=too-much&at=3" in address_of(page))
    page.click("#leave")
    assert page.is_hidden("#guide") and page.is_visible("#m1")
    wait_until(lambda: "lesson" not in address_of(page))


def test_softmax_makes_rays_and_long_features_are_sure(page):
    (early,), (late,) = played(page, "softmax", 1), played(page, "softmax", 2)
    assert early.accuracy < 0.5 < 0.9 < late.accuracy
    assert np.median(late.own_angles()) < 9  # half a sector of ten is 18 degrees wide
    lengths = late.lengths
    assert np.median(lengths[late.right]) > 1.5 * np.median(lengths[~late.right])


def test_lengths_lower_the_loss_of_softmax(page):
    softmax, normalised = played(page, "normalise", 2)
    losses = [smoothed_loss(page, side) for side in (0, 1)]
    assert losses[0] < losses[1] and losses[1] > floor_of(4) - 0.02
    assert abs(softmax.accuracy - normalised.accuracy) < 0.05
    weights = np.linalg.norm(softmax.weights, axis=1)
    assert weights.max() > 1.15 * weights.min()


def test_a_scale_of_one_cannot_pass_its_floor(page):
    (small,) = played(page, "scale", 2)
    loss = smoothed_loss(page)
    assert floor_of(1) - 0.01 < loss < floor_of(1) + 0.05 and small.accuracy > 0.8
    assert "1.538" in (ROOT / "marginalia/viz/playground/lessons/scale.json").read_text()
    assert f"{floor_of(1):.3f}, {floor_of(4):.3f}, {floor_of(16):.3f}" == "1.538, 0.728, 0.090"
    played(page, "scale", 3)
    assert smoothed_loss(page) < floor_of(1) / 2


def test_a_margin_makes_the_classes_narrower(page):
    plain, margin = played(page, "margin", 2)
    assert np.median(margin.own_angles()) < 0.85 * np.median(plain.own_angles())
    assert page.inner_text("figure:nth-of-type(2) button").startswith("B, custom: 4 cos(θ + 0.5)")


def test_too_large_a_margin_merges_classes(page):
    (ten,) = played(page, "too-much", 2)
    assert ten.narrowest_gap() < 6 and ten.accuracy < 0.9
    assert "have merged" in page.inner_text("#trouble")
    (three,) = played(page, "too-much", 3)
    assert three.narrowest_gap() > 90 and three.accuracy > 0.97 and page.is_hidden("#trouble")
    assert 1 - math.cos(2 * math.pi / 10) == pytest.approx(0.19, abs=0.005)


def test_digits_never_seen_stand_farther_from_the_lines(page):
    (side,) = played(page, "open-set", 2)
    assert len(side.strangers) > 100
    nearest = [side.angles(features).min(axis=1) for features in (side.features, side.strangers)]
    assert np.mean(nearest[1]) > 1.5 * np.mean(nearest[0])
    assert np.median(np.linalg.norm(side.strangers, axis=1)) < 0.7 * np.median(side.lengths)
    taken = np.bincount(side.angles(side.strangers).argmin(axis=1), minlength=8)
    assert (taken > 0).sum() >= 5  # spread over the other classes


def test_the_lessons_are_read():
    lessons = [read_lesson(path, PRESETS) for path in included()]
    assert [lesson.name for lesson in lessons] == list(ORDER)
    assert all(len(lesson.steps) > 1 for lesson in lessons)


@pytest.mark.parametrize("language", ["de", "zh"])
def test_the_translations_are_whole(language):
    table = json.loads((LABELS / f"{language}.json").read_text(encoding="utf-8"))
    assert list(table) == captions([read_lesson(path, PRESETS) for path in included()])


ASK = {"question": "What?", "answers": ["a", "b"], "right": 0}
GOOD = {"title": "Mine", "steps": [{"text": "Look.", "start": "preset=softmax&step=50"}]}


def with_step(**changes: Any) -> dict[str, Any]:
    return {"title": "Mine", "steps": [GOOD["steps"][0] | changes, GOOD["steps"][0]]}


@pytest.mark.parametrize(
    ("lesson", "said"),
    [
        ("{", "is not JSON"),
        ([], "the lesson must be an object with title, steps"),
        ({"title": "Mine"}, "the lesson needs steps"),
        ({"title": 3, "steps": []}, "title must be a text"),
        ({"title": "Mine", "steps": []}, "has no steps"),
        ({**GOOD, "step": 1}, "has an unknown key 'step'; did you mean steps?"),
        (with_step(start="preset=softmx"), "step 1: start has no preset 'softmx'; did you mean softmax"),
        (with_step(start="classes=5"), "must name at least two digits"),
        (with_step(start="b-m2=abc"), "step 1: start: b-m2=abc must be a number"),
        (with_step(start="step=x"), "step=x must be a number of steps"),
        (with_step(text=""), "step 1: text is empty"),
        (
            {"title": "Mine", "steps": [{**GOOD["steps"][0], "ask": ASK}, {"text": "So.", "start": "classes=35"}]},
            "step 2: start needs step=",
        ),
        (with_step(start="m4=1"), "step 1: start has no setting 'm4'"),
        (with_step(shows=["M3"]), "step 1: shows has no controls 'M3'; did you mean m3"),
        (with_step(shows="m3"), "shows must be a list"),
        (with_step(ask={**ASK, "right": 2}), "right must be a number from 0 to 1"),
        (with_step(ask={**ASK, "right": True}), "right must be a whole number"),
        (with_step(ask={**ASK, "answers": ["a"]}), "answers must be 2 to 5 texts"),
        ({"title": "Mine", "steps": [GOOD["steps"][0] | {"ask": ASK}]}, "the last step cannot ask"),
    ],
)
def test_a_lesson_with_a_mistake_is_refused(tmp_path, lesson, said):
    path = tmp_path / "mine.json"
    path.write_text(lesson if isinstance(lesson, str) else json.dumps(lesson))
    with pytest.raises(InputError) as refused:
        read_lesson(path, PRESETS)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_lesson_and_a_language_of_ones_own(run, new_tab, tmp_path):
    mine = tmp_path / "my lesson.json"
    mine.write_text(
        json.dumps({"title": "Zwei </script><b>", "steps": [{"text": "Nur 3 & 5.", "start": "classes=35&step=40"}]})
    )
    out = tmp_path / "mine.html"
    code, _, err = run(
        "playground", "--out", str(out), "--no-open", "--lesson", str(mine), "--labels", str(LABELS / "de.json")
    )
    assert code == 0, err
    tab = new_tab()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"{out.as_uri()}#lesson=my%20lesson")
    wait_until(lambda: tab.inner_text("#steps") == "40")
    assert tab.inner_text("#guide-title") == "Zwei </script><b> 1/1" and tab.inner_text("#guide-text") == "Nur 3 & 5."
    assert tab.inner_text("#reset") == "Neu" and tab.get_attribute("html", "lang") == "de" and errors == []


def test_a_whole_address_is_a_start(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(with_step(start="file:///x/playground.html#preset=softmax&step=5")))
    assert read_lesson(path, PRESETS).steps[0]["start"] == "preset=softmax&step=5"


def test_a_lesson_with_the_name_of_another_is_refused(run, tmp_path):
    mine = tmp_path / "scale.json"
    mine.write_text(json.dumps(GOOD))
    code, _, err = run("playground", "--out", str(tmp_path / "x.html"), "--no-open", "--lesson", str(mine))
    assert (code, err.count("\n")) == (2, 1) and "two lessons are called scale" in err


def test_labels_are_named_after_their_language(run, tmp_path):
    labels = tmp_path / "spanisch.json"
    labels.write_text("{}")
    code, _, err = run("playground", "--out", str(tmp_path / "x.html"), "--no-open", "--labels", str(labels))
    assert (code, err.count("\n")) == (2, 1) and "must be named after its language" in err


def test_a_translation_of_nothing_is_refused(run, tmp_path):
    labels = Path(tmp_path / "fr.json")
    labels.write_text('{"Paus": "Pause"}')
    code, _, err = run("playground", "--out", str(tmp_path / "x.html"), "--no-open", "--labels", str(labels))
    assert (code, err.count("\n")) == (2, 1) and "no caption 'Paus'; did you mean Pause" in err
