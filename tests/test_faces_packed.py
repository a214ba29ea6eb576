"""Faces in a RecordIO file: packed from a folder, trained and evaluated like the folder, with insightface's layout."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from benchmarks.face_world import same_weights
from marginalia.core.errors import InputError
from marginalia.faces.folder import read_folder
from marginalia.faces.packed import pack_folder, read_packed
from marginalia.faces.recordio import ImageRecord, RecordFile, as_bytes, write_record
from marginalia.faces.shards import read_shards
from marginalia.record.arrays import read_arrays


@pytest.fixture
def packed(run, noise_album, tmp_path):
    """The album as a file, by the command."""
    out = tmp_path / "packed" / "train.rec"
    code, said, err = run("faces", "pack", noise_album, "--out", out)
    assert code == 0, err
    assert said.startswith("16 images of 4 people")
    return out


def test_what_is_packed_is_what_was_there(packed, noise_album):
    folder, read = read_folder(noise_album), read_packed(packed)
    assert (read.people, len(read), read.reading) == (folder.people, len(folder), folder.reading)
    np.testing.assert_array_equal(read.labels, folder.labels)
    for number in range(len(folder)):
        with folder.path(number).open("rb") as file, read.path(number).open("rb") as record:
            assert file.read() == record.read()
    assert read.only(["p2"]).images == ("p2/9", "p2/10", "p2/11", "p2/12")


def test_the_layout_is_insightfaces(packed):
    """Record 0 tells where the people's records are, and these tell where their images are."""
    records = RecordFile(packed)
    assert records.image(0) == ImageRecord((17.0, 21.0), 0, b"")
    assert records.image(18) == ImageRecord((5.0, 9.0), 18, b"")
    image = records.image(6)
    assert (image.labels, image.key) == ((1.0,), 6)
    with Image.open(io.BytesIO(image.image)) as opened:
        assert opened.size == (16, 16)
    assert packed.with_name("property").read_text() == "4,16,16"
    assert packed.with_suffix(".names").read_text() == "p0\np1\np2\np3\n"


@pytest.mark.parametrize("workers", [0, 2])
def test_a_packed_file_gives_the_weights_of_the_folder_bit_for_bit(run, train_faces, packed, tmp_path, workers):
    code, _, err = train_faces("--workers", workers)
    assert code == 0, err
    settings = ("--size", "16x16", "--batch-size", 4, "--epochs", 3, "--device", "cpu", "--workers", workers)
    code, _, err = run("faces", "train", "--data", packed, "--out", tmp_path / "of-packed", *settings)
    assert code == 0, err
    assert same_weights(tmp_path / "out", tmp_path / "of-packed")


def test_evaluation_reads_it_and_keeps_its_features(run, train_faces, packed, noise_album, tmp_path):
    assert train_faces("--exclude", people_file(tmp_path, "p0", "p1"), "--validation", 0)[0] == 0
    answers = []
    for number, data in enumerate((noise_album, packed, packed)):
        out = tmp_path / f"evaluated-{min(number, 1)}"
        code, said, err = run("faces", "evaluate", "--data", data, "--model", tmp_path / "out", "--out", out)
        assert code == 0, err
        answers.append([line for line in said.splitlines() if line.startswith(("TAR", "AUC", "28 pairs"))])
    assert answers[0] == answers[1] == answers[2] and len(answers[0]) == 3
    (cache,) = (tmp_path / "evaluated-1" / "features").glob("*.npz")
    assert len(read_arrays(cache)["marks"]) == 8


def people_file(folder, *names):
    path = folder / "people.txt"
    path.write_text("".join(f"{name}\n" for name in names))
    return path


def test_people_without_names_have_numbers(packed):
    packed.with_suffix(".names").unlink()
    assert read_packed(packed).people == ("0", "1", "2", "3")


def test_a_file_that_is_there_is_kept(run, packed, noise_album):
    before = packed.read_bytes()
    code, _, err = run("faces", "pack", noise_album, "--out", packed)
    assert (code, err.count("\n")) == (2, 1) and "add --overwrite" in err and packed.read_bytes() == before
    assert run("faces", "pack", noise_album, "--out", packed, "--overwrite")[0] == 0
    assert packed.read_bytes() == before
    assert run("faces", "pack", noise_album, "--out", packed.with_suffix(".bin"))[0] == 2


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_pack_that_fails_leaves_the_old_files(run, packed, noise_album):
    before = state(packed.parent)
    for number in range(4):
        (noise_album / "p0" / f"{number}.png").write_bytes(b"")
    code, _, err = run("faces", "pack", noise_album, "--out", packed, "--overwrite")
    assert (code, "0.png cannot be read" in err) == (2, True)
    assert state(packed.parent) == before


def test_files_that_belong_to_another_one_are_kept(run, packed, noise_album):
    before = state(packed.parent)
    code, _, err = run("faces", "pack", noise_album, "--out", packed.with_name("val.rec"))
    assert (code, "property is there already" in err) == (2, True)
    packed.with_name("a.rec").mkdir()
    code, _, err = run("faces", "pack", noise_album, "--out", packed.with_name("a.rec"), "--overwrite")
    assert (code, err.count("\n"), "is no file" in err) == (2, 1, True)
    packed.with_name("a.rec").rmdir()
    assert state(packed.parent) == before


def test_what_is_packed_already_is_not_packed_again(run, packed):
    code, _, err = run("faces", "pack", packed, "--out", packed, "--overwrite")
    assert (code, "is packed already" in err) == (2, True)


def test_numbers_stay_numbers(run, packed, tmp_path):
    """A file without names, as shards: the people have numbers there too, and not these numbers for names."""
    packed.with_suffix(".names").unlink()
    assert run("faces", "pack", packed, "--out", tmp_path / "a.tar")[0] == 0
    assert read_shards(tmp_path / "a.tar").numbered and read_packed(packed).numbered
    assert read_shards(tmp_path / "a.tar").people == ("0", "1", "2", "3")


def test_people_with_numbers_are_not_taken_for_those_of_another_file(run, packed, tmp_path):
    packed.with_suffix(".names").unlink()
    settings = ("--size", "16x16", "--epochs", 1, "--validation", 0, "--device", "cpu", "--out", tmp_path / "m")
    assert run("faces", "train", "--data", packed, *settings)[0] == 0
    code, said, err = run("faces", "evaluate", "--data", packed, "--model", tmp_path / "m", "--out", tmp_path / "e")
    assert (code, err) == (0, "")
    assert said.startswith("120 pairs\npeople have numbers for names: it may have been trained on some of these")


@pytest.mark.parametrize("name", ["A\u2028B", "caf\udce9"])
def test_odd_names_come_back(noise_album, tmp_path, name, any_bytes):
    (noise_album / "p1").rename(noise_album / name)
    folder = read_folder(noise_album)
    pack_folder(folder, tmp_path / "a.rec")
    assert read_packed(tmp_path / "a.rec").people == folder.people


def test_an_index_that_was_cut_is_refused(packed):
    index = packed.with_suffix(".idx")
    index.write_text("".join(index.read_text().splitlines(keepends=True)[:9]))
    with pytest.raises(InputError, match="8 of its 16 images are not in its index"):
        read_packed(packed)


def test_an_image_that_went_away_leaves_nothing_behind(noise_album, tmp_path):
    folder = read_folder(noise_album)
    (noise_album / "p3" / "3.png").unlink()
    with pytest.raises(InputError, match=r"3\.png cannot be read"):
        pack_folder(folder, tmp_path / "out" / "x.rec")
    assert list((tmp_path / "out").iterdir()) == []


def write(path, *records: bytes) -> None:
    with path.open("wb") as file:
        for content in records:
            write_record(file, content)


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([as_bytes(ImageRecord((1.0, 2.0), 0, b""))], "no images in it"),
        ([as_bytes(ImageRecord((0.5,), 1, b"x"))], "record 0: 0.5 is not the number of a person"),
        ([as_bytes(ImageRecord((-1.0,), 1, b"x"))], "-1 is not the number"),
        ([as_bytes(ImageRecord((float("nan"),), 1, b"x"))], "nan is not the number"),
        ([b"12345678"], "a record of the index is not there"),
    ],
)
def test_records_that_are_no_faces_are_refused(tmp_path, records, said):
    path = tmp_path / "bad.rec"
    write(path, *records)
    with pytest.raises(InputError) as refused:
        read_packed(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("names", ["p0\np1\np2\n", "p0\np0\np1\np2\n", "\n\n\n\n"])
def test_names_that_do_not_fit_are_refused(packed, names):
    packed.with_suffix(".names").write_text(names)
    with pytest.raises(InputError, match="another name for each of 4 people"):
        read_packed(packed)


def test_an_index_of_another_file_is_refused(packed):
    packed.with_suffix(".idx").write_text("0\t4\n")
    with pytest.raises(InputError, match="is of another file, or damaged"):
        read_packed(packed)


def test_a_damaged_image_is_named(run, tmp_path):
    path = tmp_path / "bad.rec"
    write(path, *(as_bytes(ImageRecord((float(n // 4),), n, b"no image")) for n in range(16)))
    settings = ("--size", "16x16", "--batch-size", 4, "--epochs", 1, "--device", "cpu")
    code, _, err = run("faces", "train", "--data", path, "--out", tmp_path / "out", *settings)
    assert (code, err.count("\n")) == (2, 1) and "bad.rec, record " in err and "cannot be read as an image" in err


def test_labels_of_split_records(tmp_path):
    """The magic number inside an image splits its record; the label is still the first one."""
    path = tmp_path / "split.rec"
    image = b"abcd" + struct.pack("<I", 0xCED7230A) + b"efgh"
    write(path, as_bytes(ImageRecord((3.0, 9.0), 1, image)), as_bytes(ImageRecord((3.0,), 2, b"")))
    keys, labels, has_image = RecordFile(path).first_labels()
    assert (keys.tolist(), labels.tolist(), has_image.tolist()) == ([0, 1], [3.0, 3.0], [True, False])
