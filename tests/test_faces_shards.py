"""Faces in WebDataset's shards: packed from a folder, trained like the folder, read and written beside WebDataset."""

from __future__ import annotations

import gc
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.face_world import same_weights
from marginalia.core.errors import InputError
from marginalia.faces.folder import read_folder
from marginalia.faces.packed import read_packed
from marginalia.faces.shard_packing import write_shards
from marginalia.faces.shards import members_of, read_shards

webdataset = pytest.importorskip("webdataset")


@pytest.fixture
def shards(run, noise_album, tmp_path, monkeypatch):
    """The album in three shards, by the command."""
    monkeypatch.setattr("marginalia.faces.shard_packing.IMAGES_IN_A_SHARD", 6)
    code, said, err = run("faces", "pack", noise_album, "--out", tmp_path / "shards" / "faces-%03d.tar")
    assert code == 0, err
    assert said.startswith("16 images of 4 people")
    return tmp_path / "shards"


@pytest.mark.parametrize("pattern", ["faces-{000..002}.tar", "faces-*.tar"])
def test_what_is_packed_is_what_was_there(shards, noise_album, pattern):
    assert sorted(path.name for path in shards.iterdir()) == [f"faces-00{number}.tar" for number in range(3)]
    folder, read = read_folder(noise_album), read_shards(shards / pattern)
    assert (read.people, len(read), read.reading) == (folder.people, len(folder), folder.reading)
    np.testing.assert_array_equal(read.labels, folder.labels)
    for number in range(len(folder)):
        with folder.path(number).open("rb") as file, read.path(number).open("rb") as inside:
            assert file.read() == inside.read()
    assert str(read.only(["p2"]).path(0)) == f"{shards}/faces-001.tar, p2/00000008.png"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_what_was_packed(shards):
    samples = list(webdataset.WebDataset(f"{shards}/faces-{{000..002}}.tar", shardshuffle=False).decode("rgb8"))
    assert [sample["__key__"] for sample in samples] == [f"p{n // 4}/{n:08d}" for n in range(16)]
    assert [sample["cls"] for sample in samples] == [n // 4 for n in range(16)]
    assert {sample["png"].shape for sample in samples} == {(16, 16, 3)}
    gc.collect()  # WebDataset leaves the last file open


def test_what_webdataset_writes_is_read(noise_album, tmp_path):
    """Keys without folders: a person is a number, and 10 comes after 9."""
    image = (noise_album / "p0" / "0.png").read_bytes()
    with webdataset.TarWriter(str(tmp_path / "a.tar")) as writer:
        for number in (10, 9, 10):
            writer.write({"__key__": f"{writer.tarstream.offset:06d}", "png": image, "cls": number, "json": {"a": 1}})
    read = read_shards(tmp_path / "a.tar")
    assert (read.people, read.labels.tolist()) == (("9", "10"), [0, 1, 1])


def test_training_on_shards_gives_the_weights_of_the_folder(run, train_faces, shards, tmp_path):
    code, _, err = train_faces("--workers", 2)
    assert code == 0, err
    settings = ("--size", "16x16", "--batch-size", 4, "--epochs", 3, "--device", "cpu", "--workers", 2)
    code, _, err = run("faces", "train", "--data", shards / "faces-*.tar", "--out", tmp_path / "sharded", *settings)
    assert code == 0, err
    assert same_weights(tmp_path / "out", tmp_path / "sharded")


def test_a_record_file_becomes_shards(run, noise_album, tmp_path):
    assert run("faces", "pack", noise_album, "--out", tmp_path / "a.rec")[0] == 0
    assert run("faces", "pack", tmp_path / "a.rec", "--out", tmp_path / "a.tar")[0] == 0
    of_records, of_shards = read_packed(tmp_path / "a.rec"), read_shards(tmp_path / "a.tar")
    assert of_records.people == of_shards.people
    assert of_shards.images[5] == "p1/00000005.png"


def test_shards_that_are_there_are_kept(run, shards, noise_album, monkeypatch):
    before = {path.name: path.read_bytes() for path in shards.iterdir()}
    code, _, err = run("faces", "pack", noise_album, "--out", shards / "faces-%03d.tar")
    assert (code, "faces-000.tar is there already; add --overwrite" in err) == (2, True)
    assert {path.name: path.read_bytes() for path in shards.iterdir()} == before
    monkeypatch.setattr("marginalia.faces.shard_packing.IMAGES_IN_A_SHARD", 9)
    assert run("faces", "pack", noise_album, "--out", shards / "faces-%03d.tar", "--overwrite")[0] == 0
    assert sorted(path.name for path in shards.iterdir()) == ["faces-000.tar", "faces-001.tar"]


def test_an_image_that_went_away_leaves_the_shards(noise_album, shards):
    folder = read_folder(noise_album)
    (noise_album / "p3" / "3.png").unlink()
    with pytest.raises(InputError, match=r"3\.png"):
        write_shards(folder, shards / "faces-%03d.tar")
    assert len(read_shards(shards / "faces-*.tar")) == 16 and len(list(shards.iterdir())) == 3


def tar(path, **files: bytes) -> None:
    with tarfile.open(path, "w") as file:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no images in it"),
        ({"a_txt": b"x"}, "no images in it"),
        ({"a_png": b"x"}, "a: no file .cls says whose image it is"),
        ({"a_png": b"x", "a_cls": b"Ann"}, "a.cls: the number of a person is needed, not b'Ann'"),
        ({"a_png": b"x", "a_cls": b"-1"}, "the number of a person is needed"),
        ({"a_png": b"x", "a_jpg": b"x", "a_cls": b"1"}, "a: there are two images with this key"),
        ({"x__a_png": b"x", "x__y__b_png": b"y", "a_png": b"z"}, "no file .cls says"),
    ],
)
def test_bad_shards_are_refused(tmp_path, files, said):
    tar(tmp_path / "bad.tar", **files)
    with pytest.raises(InputError, match=said):
        read_shards(tmp_path / "bad.tar")


def test_damaged_shards_are_refused(shards, tmp_path):
    whole = (shards / "faces-000.tar").read_bytes()
    for name, content in (("short", whole[:1500]), ("text", b"no tar at all" * 100), ("empty", b"")):
        (tmp_path / f"{name}.tar").write_bytes(content)
        with pytest.raises(InputError, match=rf"{name}\.tar"):
            read_shards(tmp_path / f"{name}.tar")
    with tarfile.open(tmp_path / "packed.tar", "w:gz") as file:
        file.add(shards / "faces-000.tar", "a.png")
    with pytest.raises(InputError, match="without compression"):
        read_shards(tmp_path / "packed.tar")


def header(name: str, size: int, content: bytes = b"") -> bytes:
    """A member of a tar as it is written, with any size in its header."""
    member = tarfile.TarInfo(name)
    packed = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    packed[124:136] = size.to_bytes(12, "big", signed=True) if size < 0 else b"%011o\0" % size
    if size >= 0:
        packed[124] |= 0x80 * (size >= 8**11)
    packed[148:156] = b" " * 8
    packed[148:156] = b"%06o\0 " % sum(packed)
    return bytes(packed) + content + bytes(-len(content) % 512)


END = bytes(1024)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header("a.png", 1, b"x") + header("a.cls", 1, b"1"), "ends too early"),
        (header("a.png", 1, b"x") + END + header("a.cls", 1, b"1") + END, "is damaged at byte"),
        (header("a.png", 1, b"x") + b"\1" * 512 + header("a.cls", 1, b"1") + END, "is damaged at byte"),
        (header("a.txt", -512) + END, "or is damaged"),
        (header("a.png", -1) + END, "or is damaged"),
        (header("a.png", 10**9) + END, "ends in the middle of a.png"),
        (header("a.cls", 4000, b"1" * 4000) + END, "the number of a person is needed"),
    ],
)
def test_tars_of_any_damage_are_refused(tmp_path, content, said):
    (tmp_path / "bad.tar").write_bytes(content)
    with pytest.raises(InputError, match=said) as refused:
        read_shards(tmp_path / "bad.tar")
    assert "\n" not in str(refused.value)


def test_what_is_left_out_is_counted(tmp_path):
    tar(tmp_path / "a.tar", x__a_png=b"x", x__b_1_png=b"y", x__c=b"z", x__a_json=b"{}")
    assert read_shards(tmp_path / "a.tar").notes == ("2 files are no images or labels (x/b.1.png, x/c)",)


@pytest.mark.parametrize("start", ["", "./", "crops/", "./crops/"])
def test_the_last_folder_is_the_person(tmp_path, start):
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        member = tarfile.TarInfo(f"{start}Ann/1.png")
        file.addfile(member, io.BytesIO(b""))
    assert (read_shards(tmp_path / "a.tar").people, read_shards(tmp_path / "a.tar").images) == (
        ("Ann",),
        ("Ann/1.png",),
    )


@pytest.mark.parametrize("name", ["faces-{000..001.tar", "${X}.tar", "faces-{0..1}.tar"])
def test_patterns_that_name_nothing(tmp_path, name):
    with pytest.raises(InputError, match="shards are named as in"):
        read_shards(tmp_path / name)


def test_folders_with_signs_of_patterns(noise_album, tmp_path):
    for name in ("d[1]", "d::1", "d{1,2}", "d%d*"):
        write_shards(read_folder(noise_album), tmp_path / name / "f-%d.tar")
        assert len(read_shards(tmp_path / name / "f-*.tar")) == 16
        assert len(read_shards(tmp_path / name / "f-{0..0}.tar")) == 16


def test_shards_after_a_gap_are_there_too(run, shards, noise_album, monkeypatch):
    (shards / "faces-000.tar").unlink()
    assert run("faces", "pack", noise_album, "--out", shards / "faces-%03d.tar")[0] == 2
    monkeypatch.setattr("marginalia.faces.shard_packing.IMAGES_IN_A_SHARD", 99)
    assert run("faces", "pack", noise_album, "--out", shards / "faces-%03d.tar", "--overwrite")[0] == 0
    assert [path.name for path in shards.iterdir()] == ["faces-000.tar"]


def test_a_folder_in_the_place_of_a_shard_loses_nothing(run, shards, noise_album):
    (shards / "faces-001.tar").unlink()
    (shards / "faces-001.tar").mkdir()
    before = (shards / "faces-000.tar").read_bytes()
    code, _, err = run("faces", "pack", noise_album, "--out", shards / "faces-%03d.tar", "--overwrite")
    assert (code, err.count("\n")) == (2, 1)
    assert (shards / "faces-000.tar").read_bytes() == before and (shards / "faces-002.tar").is_file()


def test_links_and_commands_lead_nowhere(tmp_path, monkeypatch):
    """A link in a shard is no image, and a name that WebDataset would run as a command is a file that is not there."""
    with tarfile.open(tmp_path / "link.tar", "w") as file:
        member = tarfile.TarInfo("a.png")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(member)
    assert [opening for _, opening in members_of(tmp_path / "link.tar")] == [None]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_shards(Path("pipe:touch ran; cat x.tar"))
    assert not Path("ran").exists()


@pytest.mark.parametrize("name", ["faces-%s%d.tar", "faces-%.tar", "faces-%%.tar", "faces-%(a)d.tar"])
def test_names_without_room_for_a_number_are_refused(run, noise_album, tmp_path, name):
    code, _, err = run("faces", "pack", noise_album, "--out", tmp_path / name)
    assert (code, "one number must fit into the name" in err) == (2, True)
