"""CIFAR-100, SVHN, folders with train/ and test/, and .npz files: what is read, and what is refused in one line."""

from __future__ import annotations

import json
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.core.names import is_path, with_path, without_path
from marginalia.data.image_folder import load_folder
from marginalia.data.npz_file import load_npz
from marginalia.data.sources import load_dataset
from marginalia.data.splits import one_in_six
from marginalia.record.store import read_description

GREY = np.random.default_rng(0).integers(256, size=(24, 16, 14), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(256, size=(24, 16, 14, 3), dtype=np.uint8)
LABELS = np.arange(24) % 3


def test_cifar_100_is_read_from_its_published_layout(monkeypatch, tmp_path):
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    pixels = np.random.default_rng(2).integers(256, size=(100, 3, 32, 32), dtype=np.uint8)
    for name, labels in (("train", list(range(100))), ("test", list(range(99, -1, -1)))):
        content = {"data": pixels.reshape(100, -1), "fine_labels": labels, "coarse_labels": [0] * 100}
        (folder / name).write_bytes(pickle.dumps(content))
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": [f"kind {n}" for n in range(100)]}))
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    dataset = load_dataset("cifar-100", tmp_path)
    assert (dataset.name, dataset.class_names[99], len(dataset.class_names)) == ("cifar-100", "kind 99", 100)
    np.testing.assert_array_equal(dataset.train.images, pixels.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(dataset.test.labels, np.arange(99, -1, -1))


def test_svhn_is_read_from_its_published_layout(monkeypatch, tmp_path):
    pixels = np.random.default_rng(3).integers(256, size=(32, 32, 3, 20), dtype=np.uint8)
    for split, labels in (("train", np.arange(20) % 10 + 1), ("test", np.full(20, 10))):
        scipy.io.savemat(tmp_path / f"{split}_32x32.mat", {"X": pixels, "y": labels[:, None].astype(np.uint8)})
    monkeypatch.setattr("torchvision.datasets.svhn.download_url", lambda *_: None)
    monkeypatch.setattr("torchvision.datasets.svhn.check_integrity", lambda *_: True)
    dataset = load_dataset("svhn", tmp_path)
    assert dataset.class_names == tuple("0123456789")
    np.testing.assert_array_equal(dataset.train.images[7], pixels[..., 7])
    np.testing.assert_array_equal(dataset.train.labels, (np.arange(20) + 1) % 10)
    assert set(dataset.test.labels) == {0}, "the file calls naught 10"


@pytest.mark.parametrize(("name", "source"), [("cifar-100", "CIFAR100"), ("svhn", "SVHN")])
def test_what_is_nowhere_is_refused_in_one_line(monkeypatch, tmp_path, name, source):
    def offline(*_, **__):
        raise RuntimeError("no network\nmore")

    monkeypatch.setattr(f"torchvision.datasets.{source}", offline)
    with pytest.raises(InputError, match=rf"{name} is not whole .* \(no network\); go online"):
        load_dataset(name, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("cifar10", "cifar-10"), ("cifar100", "cifar-100"), ("SVHN", "svhn"), ("folder", "folder:PATH")],
)
def test_a_misspelt_data_set_is_told_the_nearest(tmp_path, wrong, right):
    with pytest.raises(InputError, match=rf"unknown data set '{wrong}'; did you mean {right}[,?]"):
        load_dataset(wrong, tmp_path)


def save(path: Path, pixels: np.ndarray, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


@pytest.fixture
def split_folder(tmp_path):
    """Train/ of 9 images for each of three classes and TEST/ of 3, 4 and 5, of many sizes, in grey and in colour."""
    random = np.random.default_rng(4)
    for part, counts in (("Train", (9, 9, 9)), ("TEST", (3, 4, 5))):
        for name, count in zip(("2", "10", "cat"), counts, strict=True):
            for number in range(count):
                shape = (20 + number, 40 - number, *((3,) if number % 2 else ()))
                save(
                    tmp_path / "pics" / part / name / f"{number}.png", random.integers(256, size=shape, dtype=np.uint8)
                )
    return tmp_path / "pics"


def test_train_and_test_are_split_as_they_lie(split_folder):
    dataset = load_dataset(f"folder:{split_folder}", split_folder)
    assert (dataset.class_names, dataset.notes) == (("2", "10", "cat"), ())
    assert list(np.bincount(dataset.train.labels)) == [9, 9, 9]
    assert list(np.bincount(dataset.test.labels)) == [3, 4, 5]
    alone = load_folder(split_folder / "TEST")
    np.testing.assert_array_equal(
        sorted(dataset.test.images.sum((1, 2))),
        sorted(np.concatenate([alone.train.images, alone.test.images]).sum((1, 2))),
    )
    assert load_folder(split_folder, 32).train.images.shape == (27, 32, 32, 3)


@pytest.mark.parametrize("name", ["val", "Valid", "validation"])
def test_validation_images_stand_for_missing_test_images(split_folder, name):
    before = load_folder(split_folder)
    (split_folder / "TEST").rename(split_folder / name)
    assert load_folder(split_folder).digest == before.digest


def test_the_digest_follows_from_images_and_labels(split_folder, tmp_path):
    before = load_folder(split_folder).digest
    shutil.copytree(split_folder, tmp_path / "elsewhere")
    assert load_folder(tmp_path / "elsewhere").digest == before
    (split_folder / "TEST" / "2" / "0.png").rename(split_folder / "TEST" / "cat" / "00.png")
    assert load_folder(split_folder).digest != before


def test_a_third_folder_makes_classes_of_all(split_folder):
    (split_folder / "val").mkdir()
    with pytest.raises(InputError, match=r"0 image\(s\).*39 image\(s\) left out, which lie in deeper folders"):
        load_folder(split_folder)


def test_classes_that_are_called_train_and_test_stay_classes(digit_folder, tmp_path):
    for source, name in (("one", "train"), ("naught", "test")):
        shutil.copytree(digit_folder / source, tmp_path / name)
    (tmp_path / "train" / "more").mkdir()
    dataset = load_folder(tmp_path)
    assert (dataset.class_names, len(dataset.train), len(dataset.test)) == (("test", "train"), 66, 14)


def test_a_class_that_is_only_tested_is_named(split_folder):
    (split_folder / "TEST" / "cat").rename(split_folder / "TEST" / "Cat")
    with pytest.raises(InputError, match=r"TEST.Cat: there are no training images of this class; rename or remove it"):
        load_folder(split_folder)


def test_classes_without_test_images_are_noted(split_folder):
    shutil.rmtree(split_folder / "TEST" / "2")
    for file in (split_folder / "TEST" / "10").iterdir():
        file.unlink()
    dataset = load_folder(split_folder)
    assert dataset.notes == ("2 class(es) without test images (2, 10)",)
    assert list(np.bincount(dataset.test.labels)) == [0, 0, 5]


def test_a_class_without_training_images_is_refused_and_one_image_is_enough(split_folder):
    for number in range(1, 9):
        (split_folder / "Train" / "cat" / f"{number}.png").unlink()
    assert list(np.bincount(load_folder(split_folder).train.labels)) == [9, 9, 1]
    (split_folder / "Train" / "cat" / "0.png").unlink()
    with pytest.raises(InputError, match=r"Train.cat: 0 image\(s\), at least 1 is needed, to train$"):
        load_folder(split_folder)


def test_no_test_images_at_all_are_refused(split_folder):
    for name in ("2", "10", "cat"):
        shutil.rmtree(split_folder / "TEST" / name)
    with pytest.raises(InputError, match="pics: no test images"):
        load_folder(split_folder)


def test_what_is_left_out_is_said_with_its_part(split_folder):
    (split_folder / "labels.csv").write_text("")
    (split_folder / "TEST" / "cat" / "a.txt").write_text("")
    save(split_folder / "Train" / "2" / "more" / "0.png", GREY[0])
    assert load_folder(split_folder).notes == (
        "1 file(s) left out: 1 of .csv (in .)",
        "Train: 1 image(s) left out, which lie in deeper folders (in 2/more)",
        "TEST: 1 file(s) left out: 1 of .txt (in cat)",
    )


def test_photographs_of_both_parts_are_upright(split_folder):
    """A photograph whose right half is white, stored lying on its side."""
    upright = np.zeros((64, 64, 3), np.uint8)
    upright[:, 32:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right to be seen
    for part in ("Train", "TEST"):
        save(split_folder / part / "2" / "0.jpg", np.rot90(upright).copy(), exif=exif, quality=95)
        (split_folder / part / "2" / "0.png").unlink()
    dataset = load_folder(split_folder, 32)
    for split in (dataset.train, dataset.test):
        assert split.images[0, :, :14].max() < 40
        assert split.images[0, :, 18:].min() > 215


def test_both_parts_are_measured_together(split_folder):
    ramp = np.linspace(0, 1, 28 * 28).reshape(28, 28)
    save(split_folder / "Train" / "2" / "deep.png", (ramp * 250).astype(np.uint16))
    save(split_folder / "TEST" / "2" / "deep.png", (ramp * 65000).astype(np.uint16))
    dataset = load_folder(split_folder)
    (measured, _) = dataset.notes
    assert measured == "2 image(s) of integers: 0 is shown as black, 65,535 as white"
    assert dataset.train.images[dataset.train.labels == 0][-1].max() <= 1
    assert dataset.test.images[dataset.test.labels == 0][-1].max() > 250


LAYOUTS = {
    "plain": ("images", "labels", "test_images", "test_labels"),
    "Keras": ("x_train", "y_train", "x_test", "y_test"),
    "MedMNIST": ("train_images", "train_labels", "test_images", "test_labels"),
}


@pytest.mark.parametrize("saved", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("images", [GREY, COLOUR])
@pytest.mark.parametrize("names", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_is_read(tmp_path, names, images, saved):
    arrays = (images, LABELS[:, None].astype(np.uint8), images[:5] // 2, LABELS[:5])
    saved(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    dataset = load_dataset(str(tmp_path / "a.npz"), tmp_path)
    assert (dataset.class_names, dataset.notes) == (("0", "1", "2"), ())
    np.testing.assert_array_equal(dataset.train.images, images)
    np.testing.assert_array_equal(dataset.train.labels, LABELS)
    np.testing.assert_array_equal(dataset.test.images, images[:5] // 2)
    np.testing.assert_array_equal(dataset.test.labels, LABELS[:5])


def test_without_test_images_one_in_six_of_each_class_is_for_testing(digit_folder, tmp_path):
    np.savez(tmp_path / "a.npz", images=GREY[..., None], labels=LABELS + 7)
    dataset = load_npz(tmp_path / "a.npz")
    assert dataset.class_names == ("7", "8", "9")
    assert list(np.bincount(dataset.test.labels)) == [1, 1, 1]
    train, test = one_in_six(LABELS)
    np.testing.assert_array_equal(dataset.train.images, GREY[train])
    np.testing.assert_array_equal(dataset.test.images, GREY[test])
    assert sorted([*train, *test]) == list(range(24))
    folder = load_folder(digit_folder)
    files = [sorted((digit_folder / name).iterdir()) for name in ("$2<", "naught", "one")]
    pixels = np.stack([np.asarray(Image.open(file)) for part in files for file in part])
    np.savez(tmp_path / "b.npz", images=pixels, labels=np.repeat([0, 1, 2], 40))
    assert load_npz(tmp_path / "b.npz").digest == folder.digest


def test_a_class_of_few_images_has_one_for_testing():
    labels = np.array([4, 4, 9, 9, 9])
    train, test = one_in_six(labels)
    assert (sorted(labels[train]), sorted(labels[test])) == ([4, 9, 9], [4, 9])


def test_class_names_are_given_and_a_class_may_have_no_test_images(tmp_path):
    test = {"test_images": GREY[:2], "test_labels": LABELS[:2]}
    names = np.array(["chat", "chien", "\x07"])
    np.savez(tmp_path / "a.npz", images=GREY, labels=LABELS, class_names=names, val_images=GREY, **test)
    dataset = load_npz(tmp_path / "a.npz")
    assert dataset.class_names == ("chat", "chien", "\\x07")
    assert dataset.notes == ("1 array(s) left out (val_images)", "1 class(es) without test images (\\x07)")


@pytest.mark.parametrize("dtype", [np.float16, np.float64, bool, np.uint8])
def test_numbers_from_0_to_1_become_bytes(tmp_path, dtype):
    images = (GREY / 255).astype(dtype)
    np.savez(tmp_path / "a.npz", images=images, labels=LABELS, test_images=np.zeros_like(images), test_labels=LABELS)
    dataset = load_npz(tmp_path / "a.npz")
    assert dataset.notes == ("images of numbers from 0 to 1: 0 is shown as black, 1 as white",)
    np.testing.assert_allclose(dataset.train.images, images.astype(float) * 255, atol=0.51)
    assert dataset.test.images.max() == 0


@pytest.mark.parametrize("dtype", [np.int64, np.float32, ">u2"])
def test_other_numbers_up_to_255_are_bytes_already(tmp_path, dtype):
    """Also where those of one split, such as black images, are 1 at most."""
    images = GREY.astype(dtype)
    np.savez(tmp_path / "a.npz", images=images, labels=LABELS, test_images=images * 0 + 1, test_labels=LABELS)
    dataset = load_npz(tmp_path / "a.npz")
    np.testing.assert_array_equal(dataset.train.images, GREY)
    assert (dataset.test.images.max(), dataset.notes) == (1, ())


REFUSED = {
    "no images": ({"images": None}, "its arrays are called labels; name them images and labels, or train_images and"),
    "no labels": ({"labels": None}, "the array labels is missing; images, labels are needed"),
    "no test labels": ({"test_images": GREY}, "the array test_labels is missing; images, labels, test_images"),
    "objects": ({"labels": np.array([*LABELS[:-1], "a"], object)}, r"labels cannot be read \(Object arrays"),
    "objects as names": ({"class_names": np.array(["a", "b"], object)}, r"class_names cannot be read \(Object arrays"),
    "too large": ({"images": GREY.astype(np.int32) * 257}, "images holds int32 from 0 to 65535; scale it to uint8"),
    "negative": ({"images": GREY / 127.5 - 1}, "images holds float64 from -1 to 1; scale it to uint8"),
    "not finite": ({"images": np.where(GREY, GREY / 255, np.nan)}, "images holds float64 from nan to nan; scale it"),
    "texts": ({"images": GREY.astype(str)}, "images holds <U3; scale it to uint8"),
    "colours first": ({"images": COLOUR.transpose(0, 3, 1, 2)}, r"images has the shape \(24, 3, 16, 14\); \(N, height"),
    "rows": ({"images": GREY.reshape(24, -1)}, r"images has the shape \(24, 224\); \(N, height, width\) in grey or"),
    "nothing": ({"images": GREY[:0], "labels": LABELS[:0]}, r"images has the shape \(0, 16, 14\)"),
    "small": ({"images": GREY[:, :, :11]}, "images holds images of 11 x 16 pixels; enlarge them to 12 x 12 or more"),
    "fewer labels": ({"labels": LABELS[1:]}, "images holds 24 images for 23 labels"),
    "shares": ({"labels": LABELS / 1}, r"labels holds float64 of the shape \(24,\); whole numbers of the shape"),
    "one-hot": ({"labels": np.eye(3, dtype=int)[LABELS]}, r"labels holds int64 of the shape \(24, 3\); whole numbers"),
    "one class": ({"labels": LABELS * 0}, r"labels has 1 class\(es\); from 2 to 1,000 are needed"),
    "many classes": (
        {"images": GREY[np.arange(2002) % 24], "labels": np.arange(2002) // 2},
        r"labels has 1,001 class\(es\); from 2 to 1,000 are needed",
    ),
    "single image": (
        {"labels": np.arange(24) // 23},
        r"labels: class 1: 1 image\(s\), at least 2 are needed, to train",
    ),
    "only tested": (
        {"test_images": GREY, "test_labels": LABELS + 1},
        r"labels: class 3: 0 image\(s\), at least 1 is needed, to train",
    ),
    "other size": (
        {"test_images": GREY[:, 1:], "test_labels": LABELS},
        "test_images holds images of another shape than images; make them alike",
    ),
    "too few names": (
        {"class_names": ["a", "b"]},
        "labels goes from 0 to 2, and class_names has 2; labels count from 0",
    ),
    "numbers as names": ({"class_names": [1, 2, 3]}, r"class_names holds int64 of the shape \(3,\); strings of the"),
    "names alike": ({"class_names": ["a", "b", "a"]}, "two classes have one name"),
}


@pytest.mark.parametrize(("arrays", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_named_with_file_and_array(tmp_path, arrays, message):
    arrays = {"images": GREY, "labels": LABELS} | arrays
    np.savez(tmp_path / "a.npz", **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(InputError, match=rf"a\.npz: {message}") as raised:
        load_npz(tmp_path / "a.npz")
    assert "\n" not in str(raised.value)


def test_files_that_are_no_npz_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(InputError, match=r"a\.npz: no such file; an \.npz with the arrays images and labels"):
        load_npz(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.npz cannot be read .*; write it anew with numpy\.savez"):
        load_npz(path)
    np.savez(path, images=GREY, labels=LABELS)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz: images cannot be read \(Bad CRC-32"):
        load_npz(path)


def test_the_path_of_the_users_own_images_has_one_place():
    for dataset, kind in (("folder:a.npz", "folder:"), ("a/B.NPZ", ".npz")):
        assert is_path(dataset)
        assert without_path(dataset) == kind
        assert with_path(dataset, lambda path: f"/{path}") == dataset.replace("a", "/a", 1)
    assert (without_path("svhn"), with_path("svhn", str.upper), is_path("svhn")) == ("svhn", "svhn", False)


def test_the_home_folder_is_found(config_file, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert replace(config_file.data, dataset="~/./a.npz").dataset == "/home/me/a.npz"


def test_an_npz_trains_and_is_the_same_data_elsewhere(run, few_digits, tmp_path, monkeypatch):
    split = few_digits.train.only([0, 1, 7])
    np.savez(tmp_path / "digits.npz", images=split.images, labels=split.labels, class_names=["0", "1", "7"])
    monkeypatch.chdir(tmp_path)
    words = ("main.py", "--lossname", "CosFace_v1", "--epochs", 1, "--basemodel", "MiniResnet18", "--batch-size", 16)
    code, out, err = run(*words, "--dataset", "./digits.npz", "--outputs", "out")
    assert (code, err) == (0, ""), out
    (folder,) = (path for path in (tmp_path / "out").iterdir() if (path / "run.json").exists())
    assert folder.name.startswith("CosFace_v1_MiniResnet18_digits.npz_epochs1")
    description = read_description(folder)
    assert description.class_names == ("0", "1", "7")
    assert description.source == str(tmp_path / "digits.npz")
    assert json.loads((folder / "run.json").read_text())["settings"]["data"]["dataset"] == ".npz"
    code, out, _ = run("create_gif.py", "--outputs", "out", "--lossname", folder.name, "--page", "a.html")
    assert (code, (tmp_path / "a.html").exists()) == (0, True), out
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "digits.npz").rename(tmp_path / "elsewhere" / "digits.npz")
    code, out, err = run(*words, "--dataset", tmp_path / "elsewhere" / "digits.npz", "--outputs", "out")
    assert (code, err, "finished already" in out) == (0, "", True)


def test_a_size_is_not_for_an_npz(run, tmp_path):
    words = ("main.py", "--lossname", "softmax", "--dataset", "a.npz", "--image-size", 32, "--outputs", tmp_path)
    code, _, err = run(*words)
    assert (code, err.count("\n")) == (2, 1)
    assert "image_size is for folder:PATH; a.npz has a size of its own" in err
