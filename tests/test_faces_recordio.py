"""RecordIO: bytes made by hand from the published layout, what is written reads back, damage is refused."""

from __future__ import annotations

import pickle
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginalia.core.errors import InputError
from marginalia.data.images import read_pixels
from marginalia.faces.packed import read_packed
from marginalia.faces.recordio import MAGIC, ImageRecord, RecordFile, as_bytes, split, write_record

JPEG = b"\xff\xd8 a picture \xff\xd9"


def test_bytes_of_the_published_layout(tmp_path):
    """Two image records, one with a label and one with two, and a record that the magic number splits."""
    one = struct.pack("<IfQQ", 0, 7.0, 3, 0) + JPEG  # 24 + 15 bytes: one byte of padding
    two = struct.pack("<IfQQ", 2, 0.0, 4, 0) + struct.pack("<2f", 5.0, 9.0)
    first, last = b"abcd", b"xy"
    whole = b"".join(
        b"\x0a\x23\xd7\xce" + struct.pack("<I", flag << 29 | len(part)) + part + bytes(-len(part) % 4)
        for flag, part in ((0, one), (0, two), (1, first), (3, last))
    )
    path = tmp_path / "train.rec"
    path.write_bytes(whole)
    records = RecordFile(path)
    assert len(records) == 3 and list(records.offsets) == [0, 1, 2]
    assert records.image(0) == ImageRecord((7.0,), 3, JPEG)
    assert records.image(1) == ImageRecord((5.0, 9.0), 4, b"")
    assert records.record(2) == first + MAGIC + last
    path.with_suffix(".idx").write_text("".join(f"{10 + key}\t{offset}\n" for key, offset in records.offsets.items()))
    assert RecordFile(path).image(11) == ImageRecord((5.0, 9.0), 4, b"")


aligned = st.lists(st.sampled_from([MAGIC, b"\x00", b"abcd", MAGIC[:2], MAGIC[2:]]), max_size=12).map(b"".join)


def test_a_file_of_mxnets_own_writer_is_read(tmp_path):
    """tests/mxnet was written by MXIndexedRecordIO of MXNet 1.9.1; the last image has the magic number inside."""
    path = Path(__file__).parent / "mxnet" / "train.rec"
    records = RecordFile(path)
    assert records.image(0) == ImageRecord((5.0, 7.0), 0, b"")
    assert records.image(2).labels == (0.0, 0.25)
    assert records.image(4) == ImageRecord((1.0,), 4, MAGIC * 2 + b"ab")
    folder = read_packed(path)
    assert (folder.images, folder.labels.tolist()) == (("0/1", "0/2", "1/3", "1/4"), [0, 0, 1, 1])
    np.testing.assert_allclose(read_pixels(folder.path(2), "RGB")[4, 4], (0, 0, 250), atol=4)
    alone = tmp_path / "train.rec"
    shutil.copyfile(path, alone)
    assert [RecordFile(alone).record(key) for key in range(7)] == [records.record(key) for key in range(7)]


@given(st.lists(st.one_of(aligned, st.binary(max_size=40)), min_size=1, max_size=6))
def test_what_is_written_reads_back(tmp_path_factory, contents):
    path = tmp_path_factory.mktemp("records") / "some.rec"
    with path.open("wb") as file:
        offsets = [write_record(file, content) for content in contents]
    records = RecordFile(path)
    assert list(records.offsets.values()) == offsets and path.stat().st_size % 4 == 0
    assert [records.record(key) for key in range(len(contents))] == contents
    assert all(MAGIC not in part or part.find(MAGIC) % 4 for content in contents for part in split(content))


@given(
    st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=5),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=30),
)
def test_an_image_record_reads_back(tmp_path_factory, labels, key, image):
    path = tmp_path_factory.mktemp("records") / "one.rec"
    record = ImageRecord(tuple(labels), key, image)
    with path.open("wb") as file:
        write_record(file, as_bytes(record))
    assert RecordFile(path).image(0) == record


def test_random_access_also_in_another_process(tmp_path):
    path = tmp_path / "many.rec"
    contents = [bytes([n]) * n for n in range(200)]
    with path.open("wb") as file:
        index = "".join(f"{n}\t{write_record(file, content)}\n" for n, content in enumerate(contents))
    path.with_suffix(".idx").write_text(index)
    records = RecordFile(path)
    order = [(37 * n) % 200 for n in range(200)]
    assert [records.record(n) for n in order] == [contents[n] for n in order]
    assert pickle.loads(pickle.dumps(records)).record(99) == contents[99]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda whole: whole[:-4], "ends at byte 28 in the middle of a record"),
        (lambda whole: b"xxxx" + whole[4:], "no record begins at byte 0"),
        (lambda whole: whole + b"more", "in the middle of a record"),
        (lambda whole: whole[:4] + struct.pack("<I", 2 << 29 | 22) + whole[8:], "a part of a record is missing"),
        (lambda whole: whole[:4] + struct.pack("<I", 1 << 29 | 22) + whole[8:], "in the middle of a record"),
        (lambda whole: whole[:4] + struct.pack("<I", (1 << 29) - 1) + whole[8:], "in the middle of a record"),
        (lambda whole: b"", "has no records"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, damage, said):
    path = tmp_path / "bad.rec"
    with path.open("wb") as file:
        write_record(file, b"twenty-two bytes of it")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError) as refused:
        RecordFile(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("index", "said"),
    [("0 0\n", "line 1: a key, a tab"), ("0\t0\n0\t0\n", "line 2"), ("0\t999\n", "beyond the records"), 
     ("é\t0\n", "cannot be"), ("0\t-4\n", "line 1"), ("", "has no records")],
)  # fmt: skip
def test_a_damaged_index_is_refused(tmp_path, index, said):
    path = tmp_path / "bad.rec"
    with path.open("wb") as file:
        write_record(file, b"1234")
    path.with_suffix(".idx").write_text(index)
    with pytest.raises(InputError, match=r"bad\.") as refused:
        RecordFile(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"short", struct.pack("<IfQQ", 2**31, 0, 0, 0), struct.pack("<IfQQ", 3, 0, 0, 0) + b"1234"]
)
def test_a_damaged_image_record_is_refused(tmp_path, content):
    path = tmp_path / "bad.rec"
    with path.open("wb") as file:
        write_record(file, content)
    with pytest.raises(InputError, match="record 0"):
        RecordFile(path).image(0)
