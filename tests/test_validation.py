"""Training images that are set aside to choose by."""

import numpy as np
import pytest

from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset, Split
from marginalia.draw import html_bytes
from marginalia.record.store import read_description, read_run
from marginalia.training.recording import record_run
from marginalia.viz.style import Style


def test_images_are_set_aside_once_and_for_all(few_digits):
    apart = few_digits.with_validation(50)
    assert (len(apart.train), len(apart.validation)) == (270, 50)
    together = np.concatenate((apart.train.images, apart.validation.images))
    before, after = (np.unique(images.reshape(320, -1), axis=0) for images in (few_digits.train.images, together))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(apart.validation.images, few_digits.with_validation(50).validation.images)
    assert apart.test is few_digits.test
    assert few_digits.with_validation(0) is few_digits


def test_a_class_keeps_a_training_image():
    split = Split(np.zeros((4, 28, 28), np.uint8), np.arange(4))
    with pytest.raises(InputError, match="--validation 2 leaves a class"):
        Dataset("four", ("a", "b", "c", "d"), split, split).with_validation(2)


@pytest.mark.parametrize("seed", [0, 1])
def test_every_number_of_the_test_images_is_there_for_them_too(tiny, few_digits, tmp_path, seed, monkeypatch):
    config = tiny("softmax", basemodel="tiny", epochs=1, validation=60, seed=seed)
    apart = few_digits.with_validation(60)
    record_run(config, apart, tmp_path / "run")
    run = read_run(tmp_path / "run")
    last = run.snapshots[-1]
    assert last.metrics["validation_accuracy"] == last.points("validation").accuracy
    names = {name.removeprefix("test_") for name in last.metrics if name.startswith("test_")}
    assert {f"validation_{name}" for name in names} <= set(last.metrics)
    np.testing.assert_array_equal(last.points("validation").labels, apart.validation.labels)
    monkeypatch.setattr("marginalia.draw.load_dataset", lambda *_: few_digits)
    page = html_bytes(run, read_description(tmp_path / "run"), tmp_path, None, Style())
    assert b"softmax" in page
