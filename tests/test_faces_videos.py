"""Pairs of videos: splits.txt, the frames of a video, and accuracies known by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.faces.protocol import cosine
from marginalia.faces.videos import evaluate_videos, frames_of, read_splits

HEADING = "split number, first name, second name, is same\n"


class Grey:
    """A recogniser whose feature is (grey of the first pixel, 100)."""

    name, mark, seen, similarity = "grey", b"grey", frozenset(), staticmethod(cosine)

    def embed(self, paths, reading, flipped):
        return np.array([[np.asarray(Image.open(path))[0, 0, 0], 100] for path in paths], dtype=np.float32)


def video(root: Path, name: str, *greys: int) -> None:
    (root / name).mkdir(parents=True)
    for number, grey in enumerate(greys, 1):
        Image.new("RGB", (4, 4), (grey,) * 3).save(root / name / f"0.{number}.png")


@pytest.fixture
def videos(tmp_path):
    """Ann is dark and Bob is bright on average; single frames say otherwise."""
    root = tmp_path / "videos"
    for number in range(2):
        video(root, f"Ann/{number}", 0, 40, 200)
        video(root, f"Bob/{number}", 255, 240, 60)
    return root


def splits(folder: Path, *lines: str) -> Path:
    path = folder / "splits.txt"
    path.write_text(HEADING + "".join(f"{line}\n" for line in lines))
    return path


FOUR = tuple(
    f"{split}, {left}, {right}, {same}"
    for split in (1, 2)
    for left, right, same in (
        ("Ann/0", "Ann/1", 1),
        ("Bob/0", "Bob/1", 1),
        ("Ann/0", "Bob/1", 0),
        ("Bob/0", "Ann/1", 0),
    )
)


def test_a_video_is_the_mean_of_its_frames(videos, tmp_path):
    pairs = read_splits(splits(tmp_path, *FOUR))
    found, used = evaluate_videos(Grey(), videos, pairs, None, tmp_path / "cache")
    assert used == 12 and found.folds.tolist() == [1, 2] and found.mean == 1.0
    ann, bob = np.array([80.0, 100.0]), np.array([185.0, 100.0])
    np.testing.assert_allclose(found.scores[:3], [1, 1, cosine(ann[None], bob[None])[0]], atol=1e-6)


def test_a_pair_that_says_otherwise_is_an_error(videos, tmp_path):
    """In the second split Ann's two videos are called two people: one of its four pairs is wrong."""
    lines = list(FOUR)
    lines[4] = "2, Ann/0, Ann/1, 0"
    found, _ = evaluate_videos(Grey(), videos, read_splits(splits(tmp_path, *lines)), None, tmp_path / "cache")
    assert found.accuracies.tolist()[1] == 0.75


def test_pairs_that_show_people_trained_on_are_counted(tmp_path):
    pairs = read_splits(splits(tmp_path, *FOUR[:3], *FOUR[4:]))
    assert [pairs.showing(frozenset(people)) for people in ((), ("Ann",), ("Ann", "Bob"), ("Ann/0",))] == [0, 5, 7, 0]


def test_frames_are_evenly_spaced_in_the_order_of_their_numbers(tmp_path):
    video(tmp_path, "Ann/0", *range(12))
    names = [path.name for path in frames_of(tmp_path, "Ann/0", None)]
    assert names == [f"0.{number}.png" for number in range(1, 13)]
    assert [path.name for path in frames_of(tmp_path, "Ann/0", 3)] == ["0.1.png", "0.7.png", "0.12.png"]
    assert len(frames_of(tmp_path, "Ann/0", 99)) == 12


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["1, Ann/0, Ann/1"], "line 2"),
        (["1, Ann/0, Ann/1, 1", "x, Ann/0, Ann/1, 1"], "line 3"),
        (["1, Ann/0, Ann/1, yes"], "1 or 0 are needed"),
        (["1, Ann/0, Ann/1, 1"], "at least two splits"),
        ([], "at least two splits"),
    ],
)
def test_splits_that_are_wrong_are_refused(tmp_path, lines, said):
    with pytest.raises(InputError, match=r"splits\.txt") as refused:
        read_splits(splits(tmp_path, *lines))
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "said"), [("Ann/9", "no such video"), ("../x", "no such video"), ("Cat/0", "has no frames")]
)
def test_videos_that_are_not_there(videos, name, said):
    (videos / "Cat" / "0").mkdir(parents=True)
    with pytest.raises(InputError, match=said):
        frames_of(videos, name, None)


def test_the_command(run, train_faces, videos, tmp_path):
    assert train_faces()[0] == 0
    command = [
        "faces",
        "evaluate",
        "--videos",
        videos,
        "--splits",
        splits(tmp_path, *FOUR),
        "--model",
        tmp_path / "out",
    ]
    code, said, err = run(*command, "--frames", 2, "--out", tmp_path / "e")
    assert code == 0, err
    assert said.startswith("8 pairs of 4 videos, 8 frames\naccuracy ")
    assert run(*command[:4], "--model", "x")[0] == 2
    code, _, err = run("faces", "evaluate", "--data", "x", "--frames", 3, "--model", "x")
    assert (code, err.count("\n")) == (2, 1) and "belong together" in err
