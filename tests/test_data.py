"""The embedded MNIST, folders of images, and what torchvision's sets become."""

import gzip
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset, Split
from marginalia.data.image_folder import load_folder, read_image
from marginalia.data.mnist import FOLDER, load_mnist
from marginalia.data.sources import load_dataset
from marginalia.data.torchvision_sets import upright_letters


def test_mnist_is_the_genuine_one(mnist):
    assert mnist.train.images.shape == (60000, 28, 28)
    assert mnist.test.images.shape == (10000, 28, 28)
    assert mnist.train.images.dtype == np.uint8
    assert list(mnist.train.labels[:5]) == [5, 0, 4, 1, 9]
    assert list(np.bincount(mnist.test.labels)) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_embedded_files_are_small():
    assert sum(file.stat().st_size for file in FOLDER.glob("*.xz")) <= 10_000_000


@pytest.mark.parametrize("harm", ["truncate", "flip", "missing", "empty"])
def test_damaged_mnist_names_the_file(tmp_path, harm):
    shutil.copytree(FOLDER, tmp_path / "mnist")
    victim = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.xz"
    content = bytearray(victim.read_bytes())
    if harm == "truncate":
        victim.write_bytes(content[:2000])
    elif harm == "flip":
        content[1500] ^= 1
        victim.write_bytes(content)
    elif harm == "empty":
        victim.write_bytes(b"")
    else:
        victim.unlink()
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte\.xz"):
        load_mnist(tmp_path / "mnist")


def test_sample_is_fixed_and_in_order(mnist):
    first, again, other = (mnist.test.sample(50, seed) for seed in (0, 0, 1))
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)
    assert mnist.test.sample(None, 0) is mnist.test


def test_folder_is_read_and_split(digit_folder):
    dataset = load_folder(digit_folder)
    assert dataset.class_names == ("$2<", "naught", "one")
    assert (len(dataset.train), len(dataset.test)) == (99, 21)
    assert list(np.bincount(dataset.test.labels)) == [7, 7, 7]
    assert np.array_equal(load_folder(digit_folder).test.images, dataset.test.images)


@pytest.mark.parametrize("harm", ["no classes", "one class", "unreadable", "single image", "no folder"])
def test_bad_folders(digit_folder, tmp_path, harm):
    folder = tmp_path / "images"
    if harm != "no folder":
        folder.mkdir()
    if harm == "one class":
        shutil.copytree(digit_folder / "one", folder / "one")
    if harm in ("unreadable", "single image"):
        shutil.copytree(digit_folder, folder, dirs_exist_ok=True)
    if harm == "unreadable":
        (folder / "one" / "3.png").write_bytes(b"not a picture")
    if harm == "single image":
        shutil.rmtree(folder / "one")
        (folder / "one").mkdir()
        shutil.copy(digit_folder / "one" / "0.png", folder / "one")
    with pytest.raises(InputError, match="3.png" if harm == "unreadable" else "images"):
        load_folder(folder)


def test_sixteen_bits_are_scaled_and_not_clipped(digit_folder, tmp_path, mnist):
    grey = mnist.train.images[0]
    Image.fromarray(grey.astype(np.uint16) * 256).save(tmp_path / "deep.png")
    assert np.array_equal(read_image(tmp_path / "deep.png"), grey)


@pytest.mark.parametrize("harm", ["label", "count", "shape"])
def test_images_and_labels_must_fit(few_digits, harm):
    train = few_digits.train
    broken = {
        "label": Split(train.images, train.labels + 1),
        "count": Split(train.images[1:], train.labels),
        "shape": Split(train.images[:, 1:], train.labels),
    }[harm]
    with pytest.raises(InputError, match="do not fit together"):
        Dataset("broken", few_digits.class_names, broken, few_digits.test)


def test_too_many_classes_are_refused(few_digits):
    names = tuple(map(str, range(1001)))
    with pytest.raises(InputError, match="1,001 classes; from 2 to 1,000 can be shown"):
        Dataset("many", names, few_digits.train, few_digits.test)


def write_idx(path, array: np.ndarray) -> None:
    """An IDX file as the MNIST family has them."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.mark.parametrize(("name", "folder"), [("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")])
def test_torchvision_sets_are_found_under_the_data_dir(tmp_path, few_digits, name, folder):
    raw = tmp_path / folder / "raw"
    raw.mkdir(parents=True)
    for prefix, split in (("train", few_digits.train), ("t10k", few_digits.test)):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", split.images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", split.labels)
    dataset = load_dataset(name, tmp_path)
    assert np.array_equal(dataset.train.images, few_digits.train.images)
    assert np.array_equal(dataset.test.labels, few_digits.test.labels)
    assert len(dataset.class_names) == 10


def test_letters_stand_upright_and_count_from_zero(few_digits):
    stored = Split(few_digits.test.images.transpose(0, 2, 1), few_digits.test.labels + 1)
    upright = upright_letters(stored)
    assert np.array_equal(upright.images, few_digits.test.images)
    assert np.array_equal(upright.labels, few_digits.test.labels)


@pytest.mark.parametrize(
    "harm", [lambda content: content[:100], lambda content: b"", lambda content: b"<html>" + content]
)
@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "train-labels-idx1-ubyte", "train-images-idx3-ubyte.gz"])
def test_a_damaged_file_of_torchvision_is_named(tmp_path, few_digits, monkeypatch, name, harm):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, split in (("train", few_digits.train), ("t10k", few_digits.test)):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", split.images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", split.labels)
    whole = raw / name.removesuffix(".gz")
    content = gzip.compress(whole.read_bytes()) if name.endswith(".gz") else whole.read_bytes()
    whole.unlink()
    (raw / name).write_bytes(harm(content))
    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(InputError, match=f"{name} is damaged; remove it"):
        load_dataset("fashion-mnist", tmp_path)


def offline(*_, **__):
    raise OSError("no network")


def test_what_is_missing_asks_for_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(InputError, match="go online, or point --data-dir at"):
        load_dataset("kmnist", tmp_path)


def test_classes_are_counted_anew_in_the_order_that_is_asked_for(few_digits):
    split = few_digits.test
    some = split.only([7, 2])
    assert np.array_equal(np.array([7, 2])[some.labels], split.labels[np.isin(split.labels, [2, 7])])
    for label, digit in enumerate((7, 2)):
        assert np.array_equal(some.images[some.labels == label], split.images[split.labels == digit])


@pytest.mark.parametrize("harm", [{"images": np.float32}, {"images": np.int16}, {"labels": np.uint8}])
def test_images_are_bytes_and_labels_int64(few_digits, harm):
    ((name, dtype),) = harm.items()
    wrong = replace(few_digits.test, **{name: getattr(few_digits.test, name).astype(dtype)})
    with pytest.raises(InputError, match="uint8 and int64 are needed"):
        replace(few_digits, test=wrong)
