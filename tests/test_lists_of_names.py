"""Lists that people keep in files: read as they are meant, and nothing that matches nothing goes unsaid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.faces.folder import FaceFolder
from marginalia.faces.landmarks import HEADER, landmarks_of, read_landmarks
from marginalia.faces.names import Known
from marginalia.faces.pairs import Pairs, locate, read_pairs
from marginalia.faces.people import excluded, read_names

PEOPLE = ("Aaron_Eckhart", "Bob", "José_Müller", "ann_lee", "zoe")
ROW = ",".join(map(str, range(10)))


@pytest.fixture
def folder(tmp_path) -> FaceFolder:
    images = tuple(f"{name}/{name}_000{number}.jpg" for name in PEOPLE for number in (1, 2, 3))
    return FaceFolder(tmp_path / "lfw", PEOPLE, images, np.arange(15) // 3)


def write(path, content: str | bytes):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "entry",
    ["Aaron_Eckhart", "Aaron Eckhart", " Aaron_Eckhart ", "aaron_eckhart", "AARON ECKHART", "Aaron_Eckhart,",
     "Aaron_Eckhart;", "Aaron_Eckhart/", "./Aaron_Eckhart", '"Aaron_Eckhart"', "'Aaron Eckhart'",
     "\u201cAaron Eckhart\u201d", "Aaron_Eckhart\t4", "Aaron_Eckhart\\", '"Aaron_Eckhart",', "Aaron  Eckhart"],
)  # fmt: skip
def test_a_name_is_read_as_it_is_meant(folder, tmp_path, entry):
    names = read_names(write(tmp_path / "names.txt", f"# people\n\n{entry}\n"))
    assert excluded(names, folder, "names.txt", False) == (
        ["Aaron_Eckhart"],
        ["names.txt: 1 of 1 names match: Aaron_Eckhart"],
    )


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_byte_order_marks_line_ends_and_composed_letters(folder, tmp_path, coding, end):
    import unicodedata

    content = (end or "\n").join(("Bob", unicodedata.normalize("NFD", "José_Müller"))) + end
    names = read_names(write(tmp_path / "names.txt", content.encode(coding)))
    assert excluded(names, folder, "names.txt", False)[0] == ["Bob", "José_Müller"]


def test_a_name_that_two_could_be_meant_by_is_exact_or_nobody():
    known = Known(("Bob", "bob", "Ann"))
    assert [known.find(name) for name in ("Bob", "bob", "BOB", "ann")] == ["Bob", "bob", None, "Ann"]


def test_each_entry_that_matches_nobody_is_counted_and_named(folder, tmp_path):
    names = read_names(write(tmp_path / "names.txt", b"Bob\nNobody\ncaf\xe9\n"))
    with pytest.raises(InputError, match=r"2 of 3 names match nobody in .*lfw: Nobody, caf\\xe9; correct them, or add"):
        excluded(names, folder, "names.txt", False)
    people, lines = excluded(names, folder, "names.txt", True)
    assert (people, lines[0], lines[1].endswith("Nobody, caf\\xe9")) == (
        ["Bob"],
        "names.txt: 1 of 3 names match: Bob",
        True,
    )


def test_an_empty_list_is_no_fault(folder, tmp_path):
    assert excluded(read_names(write(tmp_path / "names.txt", "\ufeff\n# nobody\n")), folder, "x", False) == ([], [])


def of(*people: str, numbered: bool = False) -> FaceFolder:
    images = tuple(f"{person}/1.jpg" for person in people)
    return FaceFolder(Path("casia"), people, images, np.arange(len(people)), numbered=numbered)


@pytest.mark.parametrize("people", [("0000513", "0004539"), ("513", "4539"), ("Bruce_Lee", "Ann")])
@pytest.mark.parametrize("line", ["0000513\tBruce Lee", "Bruce_Lee\t0000513", "513\tBruce_Lee\t42"])
def test_casia_is_known_by_numbers_and_by_names(people, line):
    assert excluded([line], of(*people), "overlap.txt", False) == (
        [people[0]], [f"overlap.txt: 1 of 1 names match: {people[0]}"],
    )  # fmt: skip


def test_numbers_that_a_packed_file_gave_are_not_those_of_casia():
    """Person 513 of a .rec is the 514th, and not who has this number in CASIA."""
    packed = of("512", "513", numbered=True)
    with pytest.raises(InputError, match=r"1 of 1 names match nobody in casia; its people have no names but numbers"):
        excluded(["0000513"], packed, "overlap.txt", False)
    assert excluded(["513"], packed, "mine.txt", False)[0] == ["513"]


def test_names_with_tabs_and_signs_of_comments():
    assert excluded(["a\tb"], of("a", "a\tb"), "x", False)[0] == ["a\tb"]
    assert excluded(["#a", "# a note"], of("#a", "b"), "x", False)[0] == ["#a"]
    with pytest.raises(InputError, match="match nobody"):
        excluded(["9" * 5000], of("007", "9" * 4990), "x", False)


def test_two_people_of_one_number_are_known_by_their_names_only():
    assert excluded(["007"], of("007", "7"), "x", False)[0] == ["007"]
    with pytest.raises(InputError, match="match nobody"):
        excluded(["07"], of("007", "7"), "x", False)


PAIRS = "2\t1\nBob\t1\t2\nBob\t1\tzoe\t1\nzoe\t1\t2\nzoe\t2\tBob\t3\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text + "\n",
        lambda text: text + "  \n\n",
        lambda text: text.replace("\n", "\n  "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\t", " "),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("Bob\t", "Bob \t"),
        lambda text: text.replace("Bob", "bob"),
        lambda text: text.replace("zoe", "Zoe"),
    ],
)
def test_pairs_are_read_as_they_are_meant(folder, tmp_path, change):
    plain, _, _ = locate(read_pairs(write(tmp_path / "plain.txt", PAIRS)), folder, False)
    found, left, right = locate(read_pairs(write(tmp_path / "pairs.txt", change(PAIRS))), folder, False)
    assert (found.left, found.right) == (plain.left, plain.right)
    assert found.left[0] == "Bob/Bob_0001"
    assert list(zip(left, right, strict=True)) == [(3, 4), (3, 12), (12, 13), (13, 5)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("zoe\t1\t2", "zoe\t2\t2"), r"line 4: zoe/zoe_0002 is paired with itself"),
        (("zoe\t1\t2", "Bob\t2\t1"), r"line 4: this pair is in line 2 already"),
        (("zoe\t2\tBob\t3", "zoe\t1\tBob\t1"), r"line 5: this pair is in line 3 already"),
    ],
)
def test_pairs_that_decide_nothing_are_refused(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        read_pairs(write(tmp_path / "pairs.txt", PAIRS.replace(*change)))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text + "\n\n",
        lambda text: text.replace("\nBob", "\n  Bob"),
        lambda text: text.replace(",", ", "),
        lambda text: text + text.splitlines()[1] + "\n",
        lambda text: text.replace("Bob/Bob", "Bob\\Bob"),
        lambda text: text.replace("Bob/Bob", "./bob/bob"),
        lambda text: text.replace("\n", "\r\n"),
    ],
)
def test_landmarks_are_read_as_they_are_meant(folder, tmp_path, change):
    text = f"{','.join(HEADER)}\nBob/Bob_0001.jpg,{ROW}\nzoe/zoe_0001.jpg{',' * 10}\n"
    found, line = landmarks_of(folder, write(tmp_path / "landmarks.csv", change(text)), False)
    assert (list(found), line) == (["Bob/Bob_0001.jpg", "zoe/zoe_0001.jpg"], None)
    np.testing.assert_array_equal(found["Bob/Bob_0001.jpg"].ravel(), range(10))
    assert found["zoe/zoe_0001.jpg"] is None


def test_rows_that_match_no_image_or_contradict_are_named(folder, tmp_path):
    text = f"{','.join(HEADER)}\nBob/Bob_0001.jpg,{ROW}\nBob/other.jpg,{ROW}\n"
    path = write(tmp_path / "landmarks.csv", text)
    with pytest.raises(InputError, match=r"1 of 2 names match no image of .*: Bob/other.jpg; correct them, or add"):
        landmarks_of(folder, path, False)
    found, line = landmarks_of(folder, path, True)
    assert (list(found), "Bob/other.jpg" in line) == (["Bob/Bob_0001.jpg"], True)
    write(path, f"{','.join(HEADER)}\nBob/Bob_0001.jpg,{ROW}\nBob/Bob_0001.jpg,9{ROW}\n")
    with pytest.raises(InputError, match=r"line 3: Bob/Bob_0001.jpg has other landmarks in a line before"):
        read_landmarks(path)


def test_the_option_goes_on(run, tmp_path):
    for name in ("Ann", "Bob"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        Image.new("RGB", (40, 40)).save(tmp_path / "faces" / name / "1.png")
    points = ",".join(map(str, (10, 10, 20, 10, 15, 15, 11, 20, 19, 20)))
    rows = "".join(f"{name}/1.png,{points}\n" for name in ("ann", "Bob", "Cid"))
    table = write(tmp_path / "landmarks.csv", f"{','.join(HEADER)}\n{rows}")
    command = ("faces", "align", tmp_path / "faces", "--landmarks", table, "--out", tmp_path / "out")
    code, _, err = run(*command)
    assert (code, err.count("\n"), "Cid/1.png" in err) == (2, 1, True)
    code, out, _ = run(*command, "--allow-missing")
    assert (code, out.count("\n"), "1 of 3 names match no image" in out) == (0, 2, True)
    assert (tmp_path / "out" / "Ann" / "1.png").exists()


@pytest.mark.parametrize(
    "pairs",
    [
        "2 1\nBob 1 2\nBob 1 bob 1\nzoe 1 2\nzoe 2 Bob 3\n",
        "2 1\nBob 1 2\nBob 1 zoe 1\nbob 2 1\nzoe 2 Bob 3\n",
        "2 1\nBob 1 2\nBob 1 bob 2\nzoe 1 2\nzoe 2 Bob 3\n",
    ],
)
def test_pairs_that_decide_nothing_once_names_are_matched_are_refused(folder, tmp_path, pairs):
    """One image as two people, a pair twice, and one person as two, in other letters."""
    with pytest.raises(InputError, match="once names are matched to the folder; correct the pairs"):
        locate(read_pairs(write(tmp_path / "pairs.txt", pairs)), folder, False)


def test_quotes_in_pairs(folder, tmp_path):
    found = read_pairs(write(tmp_path / "pairs.txt", PAIRS.replace("zoe", '"zoe"')))
    assert found.right[1] == "zoe/zoe_0001"


def test_a_name_that_could_mean_two_says_so(tmp_path):
    folder = FaceFolder(tmp_path, ("AL_GORE", "Al_Gore"), ("AL_GORE/1.jpg", "Al_Gore/1.jpg"), np.arange(2))
    with pytest.raises(InputError, match=r"al_gore \(is AL_GORE or Al_Gore meant\?\)"):
        excluded(["al_gore"], folder, "names.txt", False)


def test_pairs_in_other_letters_whose_image_is_missing_are_skipped(folder):
    some = FaceFolder(folder.root, folder.people, tuple(i for i in folder.images if i != "Bob/Bob_0002.jpg"),
                      np.delete(folder.labels, folder.images.index("Bob/Bob_0002.jpg")))  # fmt: skip
    pairs = Pairs(("bob/bob_0001", "Bob/Bob_0001", "zoe/zoe_0001"), ("bob/bob_0002", "zoe/zoe_0001", "zoe/zoe_0002"),
                  np.array([True, False, True]), np.ones(3, int))  # fmt: skip
    assert locate(pairs, some, skip_missing=True)[0].left == ("Bob/Bob_0001", "zoe/zoe_0001")


def test_a_row_in_other_letters_beside_the_exact_one_is_no_image(tmp_path):
    folder = FaceFolder(tmp_path, ("Al_Gore",), ("Al_Gore/1.jpg",), np.zeros(1, int))
    text = f"{','.join(HEADER)}\nAL_GORE/1.jpg,{ROW}\nAl_Gore/1.jpg,9{ROW}\n"
    found, line = landmarks_of(folder, write(tmp_path / "landmarks.csv", text), True)
    assert found["Al_Gore/1.jpg"][0, 0] == 90
    assert line.endswith("AL_GORE/1.jpg (is Al_Gore/1.jpg meant?)")
