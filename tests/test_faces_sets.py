"""Verification sets: what pickles of every protocol hold is read, and no pickle runs anything."""

from __future__ import annotations

import json
import os
import pickle
import pickletools

import numpy as np
import pytest

from marginalia.core.errors import InputError
from marginalia.faces.protocol import above_is_same, best_of_insightface
from marginalia.faces.verification_set import folds_of, read_set

IMAGES = [b"\xff\xd8one", b"two \x00\x80", b"three", b"four"]
SAME = [True, False]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("as_arrays", [False, True])
def test_every_protocol_is_read(tmp_path, protocol, as_arrays):
    path = tmp_path / "lfw.bin"
    images = [np.frombuffer(image, dtype=np.uint8) for image in IMAGES] if as_arrays else IMAGES
    same = [np.bool_(answer) for answer in SAME] if as_arrays else SAME
    path.write_bytes(pickle.dumps((images, same), protocol))
    found = read_set(path)
    assert found.name == "lfw" and found.same.tolist() == SAME
    assert [image.content for image in found.images] == IMAGES
    assert str(found.images[3]) == f"{path}, image 3"


def test_bools_as_an_array_are_read(tmp_path):
    path = tmp_path / "lfw.bin"
    path.write_bytes(pickle.dumps((IMAGES, np.array(SAME)), 2))
    assert read_set(path).same.tolist() == SAME


def python_2(images: list[bytes]) -> bytes:
    """What Python 2 wrote: its strings are bytes."""
    strings = b"".join(b"T" + len(image).to_bytes(4, "little") + image for image in images)
    return b"\x80\x02](" + strings + b"e](\x88\x89e\x86."


def test_a_pickle_of_python_2_is_read(tmp_path):
    path = tmp_path / "lfw.bin"
    path.write_bytes(python_2(IMAGES))
    assert [image.content for image in read_set(path).images] == IMAGES


class Runs:
    def __init__(self, call, *arguments):
        self.what = (call, arguments)

    def __reduce__(self):
        return self.what


HOSTILE = {
    "system": Runs(os.system, "touch ran"),
    "eval": Runs(eval, "open('ran', 'w')"),
    "open": Runs(open, "ran", "w"),
    "getattr": Runs(getattr, "text", "encode"),
    "import": Runs(__import__, "os"),
    "load": Runs(np.load, "ran"),
    "object array": np.array([Runs(os.system, "touch ran")], dtype=object),
}


CALLS_ITSELF = b"\x80\x02c_codecs\nencode\nq\x00(h\x00)}Ntbh\x00)R."
REPEATS = (
    b"\x80\x02](X\xe8\x03\x00\x00" + b"a" * 1000 + b"q\x000"
    + 3 * b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R" + b"e."
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [(CALLS_ITSELF, "it changes what it calls"), (b"\x80\x02]p300000000\n.", "it numbers what it does not hold"),
     (b"\x80\x02]r\x00\x00\x00\x10.", "it numbers what it does not hold"), (REPEATS, "it repeats its bytes")],
)  # fmt: skip
def test_small_files_that_would_fill_the_memory_or_end_python_are_refused(tmp_path, content, said):
    path = tmp_path / "bad.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_set(path)


def test_an_array_of_a_number_of_zeros_is_refused(tmp_path):
    path = tmp_path / "bad.bin"
    zeros = Runs(np._core.numeric._frombuffer, 2_000_000_000, np.dtype("u1"), (3,), "C")
    path.write_bytes(pickle.dumps(([zeros, zeros], [True]), 2))
    with pytest.raises(InputError, match="it holds an array without content"):
        read_set(path)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_no_pickle_runs_anything(tmp_path, monkeypatch, name, protocol):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.bin"
    path.write_bytes(pickle.dumps(([HOSTILE[name], b"x"], [True]), protocol))
    with pytest.raises(InputError, match=r"bad\.bin") as refused:
        read_set(path)
    assert "\n" not in str(refused.value) and not (tmp_path / "ran").exists()


WHOLE = pickle.dumps((IMAGES, SAME), 4)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is damaged"),
        (b"no pickle at all", "no verification set"),
        (WHOLE[:-9], "no verification set"),
        (pickle.dumps(IMAGES), "must hold two lists"),
        (pickle.dumps((IMAGES, SAME, SAME)), "must hold two lists"),
        (pickle.dumps((IMAGES, 3)), "two images for each"),
        (pickle.dumps(([], [])), "must hold bools, one at least"),
        (pickle.dumps((IMAGES[:3], SAME)), "two images for each"),
        (pickle.dumps((IMAGES, ["yes", "no"])), "must hold bools"),
        (pickle.dumps((IMAGES, [2, 0])), "must hold bools"),
        (pickle.dumps(([1, 2, 3, 4], SAME)), "image 0: bytes are needed, not int"),
        (pickle.dumps(([np.zeros(3), b"", b"", b""], SAME)), "numbers of type f8"),
        (pickle.dumps(([np.zeros((2, 2), dtype="u1,O"), b"", b"", b""], SAME)), "numbers of type V"),
        (b"cos\nsystem\n(S'true'\ntR.", "asks for os.system, which could run code"),
        (b"\x80\x02X\x03\x00\x00\x00abcX\x05\x00\x00\x00rot13\x86c_codecs\nencode\n.", "must hold two lists"),
        (b"Pother\n.", "refers to another file"),
        (b"\x80\x02\x82\x01.", "no verification set"),
    ],
)  # fmt: skip
def test_what_is_no_set_is_refused(tmp_path, content, said):
    path = tmp_path / "bad.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.bin") as refused:
        read_set(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_another_encoding_is_refused(tmp_path):
    path = tmp_path / "bad.bin"
    call = b"c_codecs\nencode\nX\x03\x00\x00\x00abcX\x05\x00\x00\x00rot13\x86R."
    assert "REDUCE" in {code.name for code, *_ in pickletools.genops(call)}
    path.write_bytes(call)
    with pytest.raises(InputError, match="asks for the encoding rot13"):
        read_set(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_set(tmp_path / "none.bin")


def test_insightfaces_thresholds_on_scores_known_by_hand():
    """Squared distances: 400 thresholds from 0 to 3.99, the first best one; a pair is the same below it."""
    same = np.array([True, True, False, False])
    assert best_of_insightface(-np.array([0.1, 0.2, 1.0, 2.0]), same) == pytest.approx(-0.21)
    assert best_of_insightface(-np.array([1.0, 2.0, 0.1, 0.2]), same) == 0.0  # inverted: nothing is the same
    assert best_of_insightface(-np.full(4, 0.5), same) == 0.0  # all equal
    assert best_of_insightface(-np.array([0.005, 0.005, 0.005, 3.0]), same) == pytest.approx(-0.01)
    assert above_is_same(-np.array([0.2, 0.21]), np.array([True, False]), -0.21).tolist() == [True, True]


def test_insightfaces_thresholds_are_what_trying_all_finds():
    random = np.random.default_rng(0)
    for _ in range(50):
        distances, same = random.choice([0.0, 0.015, 0.5, 0.505, 1.2, 3.995], 30), random.random(30) < 0.5
        tried = [((distances < threshold) == same).sum() for threshold in np.arange(0, 4, 0.01)]
        assert best_of_insightface(-distances, same) == -np.arange(0, 4, 0.01)[int(np.argmax(tried))]


def test_the_folds_are_scikit_learns():
    for count in (10, 17, 6000):
        folds = folds_of(count)
        assert [len(part) for part in np.array_split(np.arange(count), 10)] == np.bincount(folds)[1:].tolist()
        assert (np.diff(folds) >= 0).all()


@pytest.fixture
def bin_file(noise_album, tmp_path):
    """Twelve pairs of the album's images, the same image on both sides where it says so."""
    images = [path.read_bytes() for path in sorted(noise_album.rglob("*.png"))]
    same = [number % 2 == 0 for number in range(12)]
    sides = [
        images[number] if side == 0 or same[number] else images[number + 4] for number in range(12) for side in (0, 1)
    ]
    path = tmp_path / "noise.bin"
    path.write_bytes(pickle.dumps((sides, same), 2))
    return path


def test_a_model_is_evaluated_on_sets(run, train_faces, bin_file, tmp_path):
    """Of two equal images the distance is 0, so all pairs are told apart."""
    assert train_faces()[0] == 0
    other = bin_file.with_name("other.bin")
    other.write_bytes(bin_file.read_bytes())
    command = (
        "faces",
        "evaluate",
        "--set",
        bin_file,
        "--set",
        other,
        "--model",
        tmp_path / "out",
        "--out",
        tmp_path / "e",
    )
    code, said, err = run(*command)
    assert code == 0, err
    lines = said.splitlines()
    assert lines[0].split() == ["set", "pairs", "insightface's", "protocol", "exact", "thresholds"]
    assert [line.split()[:2] for line in lines[1:3]] == [["noise", "12"], ["other", "12"]]
    figures = json.loads((tmp_path / "e" / "out_noise_other.json").read_text())["noise"]
    assert figures["exact"]["accuracy"] == 1.0 and len(figures["insightface"]["squared_distances"]) == 10
    assert 0 <= figures["insightface"]["accuracy"] <= 1 and 0 <= figures["insightface"]["squared_distances"][0] < 4
    assert run(*command)[1] == said  # from the features that were kept


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--pairs", "x"], "--set has pairs"), (["--fold", "1"], "--set has pairs"),
     (["--fusion", "sum"], "--set has pairs"), (["--data", "x"], "and only one")],
)  # fmt: skip
def test_a_set_takes_no_other_pairs(run, bin_file, more, said):
    code, _, err = run("faces", "evaluate", "--set", bin_file, "--model", "x", *more)
    assert (code, err.count("\n")) == (2, 1) and said in err


def test_too_few_pairs_and_images_that_are_none(run, train_faces, tmp_path, bin_file):
    assert train_faces()[0] == 0
    for images, count, said in (
        ([b"no image"] * 24, 12, "image 0 cannot be read"),
        ([b"x"] * 6, 3, "3 pairs; at least 10"),
    ):
        bin_file.write_bytes(pickle.dumps((images, [True, False] * (count // 2) + [True] * (count % 2)), 2))
        code, _, err = run("faces", "evaluate", "--set", bin_file, "--model", tmp_path / "out", "--out", tmp_path / "e")
        assert (code, err.count("\n")) == (2, 1) and said in err
    assert run("faces", "evaluate", "--model", "x")[0] == 2
