"""Damaged and hostile files of faces: one line that names the file, exit code 2, nothing lost, no code run."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.face_world import commands, draw_people, make_world
from marginalia.cli.faces import faces

TINY = ("--size", "16x16", "--epochs", "1", "--validation", "0", "--batch-size", "8", "--device", "cpu")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve drawn people in every format, and a recogniser of eight of them."""
    out = tmp_path_factory.mktemp("world")
    draw_people(out / "crops", 12, 4)
    make_world(out / "crops", out, 2)
    for name, command in commands(out / "crops", out, list(TINY)).items():
        if name.startswith("pack") or name == "train on the folder":
            done = CliRunner().invoke(faces, list(map(str, command)))
            assert done.exit_code == 0, done.output
    return out


class Runs:
    """What a pickle calls when it is read."""

    def __init__(self, call: Callable, *arguments: object):
        self.what = (call, arguments)

    def __reduce__(self) -> tuple:
        return self.what


def changed(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


def packed_set(images: object, same: object) -> Callable[[bytes], bytes]:
    return lambda _: pickle.dumps((images, same), 4)


def tar_of(**files: bytes) -> Callable[[bytes], bytes]:
    def make(_: bytes) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as file:
            for name, content in files.items():
                member = tarfile.TarInfo(name.replace("_", "."))
                member.size = len(content)
                file.addfile(member, io.BytesIO(content))
        return packed.getvalue()

    return make


def record(label: float, image: bytes = b"x", flag: int = 0) -> Callable[[bytes], bytes]:
    content = struct.pack("<IfQQ", flag, label, 1, 0) + image
    content += bytes(-len(content) % 4)
    return lambda _: struct.pack("<II", 0xCED7230A, len(content)) + content


def text(*lines: str) -> Callable[[bytes], bytes]:
    return lambda _: "".join(f"{line}\n" for line in lines).encode()


LONE = b"\x80\x02]q\x00."
BAD: dict[str, dict[str, Callable[[bytes], bytes | None]]] = {
    "packed.rec": {
        "missing": lambda _: None,
        "empty": lambda _: b"",
        "text": text("Ann", "Bob"),
        "cut": lambda whole: whole[: len(whole) // 2],
        "other magic": lambda whole: changed(whole, 0, b"\0\0\0\0"),
        "length beyond the end": lambda whole: changed(whole, 4, struct.pack("<I", (1 << 29) - 1)),
        "no first part": lambda whole: changed(whole, 4, struct.pack("<I", 3 << 29 | 24)),
        "label not a number": record(float("nan")),
        "label with a fraction": record(1.5),
        "label below zero": record(-1.0),
        "more labels than bytes": record(0.0, flag=1 << 30),
        "no image": record(0.0, image=b""),
        "damaged image": lambda whole: whole.replace(b"IHDR", b"XXXX"),
    },
    "packed.idx": {
        "empty": lambda _: b"",
        "words": text("one\ttwo"),
        "binary": lambda _: b"\xff\xfe\0\0",
        "beyond the end": text("0\t99999999"),
        "key twice": text("0\t0", "0\t0"),
        "below zero": text("0\t-4"),
        "of another file": text("0\t0", "1\t48", "2\t52"),
    },
    "packed.names": {
        "too few": text("Ann"),
        "twice": text(*["Ann"] * 12),
        "empty line": text(*(f"p{number}" for number in range(11)), ""),
        "binary": lambda _: b"\xff\xfe\0",
    },
    "shards/faces-000.tar": {
        "missing": lambda _: None,
        "empty": lambda _: b"",
        "text": text("Ann", "Bob"),
        "cut": lambda whole: whole[:5000],
        "compressed": lambda whole: gzip.compress(whole, mtime=0),
        "no images": tar_of(a_txt=b"x"),
        "no person": tar_of(a_png=b"x"),
        "person is a word": tar_of(a_png=b"x", a_cls=b"Ann"),
        "two images of a key": tar_of(a_png=b"x", a_jpg=b"x", a_cls=b"0"),
        "damaged image": lambda whole: whole.replace(b"IHDR", b"XXXX"),
    },
    "pairs.bin": {
        "missing": lambda _: None,
        "empty": lambda _: b"",
        "text": text("Ann", "Bob"),
        "cut": lambda whole: whole[: len(whole) // 2],
        "runs a command": packed_set([Runs(os.system, "touch ran"), b""], [True]),
        "runs Python": packed_set([Runs(eval, "open('ran', 'w')"), b""], [True]),
        "opens a file": packed_set([Runs(open, "ran", "w"), b""], [True]),
        "array of objects": packed_set([np.array([Runs(os.system, "touch ran")], dtype=object), b""], [True]),
        "array of floats": packed_set([np.zeros(3), np.zeros(3)], [True]),
        "refers to elsewhere": lambda _: b"\x80\x02Ppid\n.",
        "one list": lambda _: LONE,
        "one image too many": packed_set([b"", b"", b""], [True]),
        "words for bools": packed_set([b"", b""], ["yes"]),
        "words for images": packed_set(["a", "b"], [True]),
        "few pairs": packed_set([b""] * 4, [True, False]),
        "damaged image": lambda whole: whole.replace(b"IHDR", b"XXXX"),
    },
    "splits.txt": {
        "missing": lambda _: None,
        "empty": lambda _: b"",
        "words": text("1, a, b, maybe"),
        "few columns": text("1, a, 1"),
        "one split": text("1, person_000/0, person_000/1, 1", "1, person_000/0, person_003/1, 0"),
        "no such video": text("1, person_000/0, person_000/9, 1", "2, person_000/0, person_003/1, 0"),
        "elsewhere": text("1, ../crops/person_000, person_000/1, 1", "2, person_000/0, person_003/1, 0"),
        "from the root": text("1, /etc, person_000/1, 1", "2, person_000/0, person_003/1, 0"),
    },
    "media.txt": {
        "missing": lambda _: None,
        "empty": lambda _: b"",
        "words": text("a.png one two"),
        "elsewhere": text("../../a.png 1 1"),
        "no such image": lambda whole: whole.replace(b"000.png", b"999.png"),
        "not these templates": text("person_000/000.png 77 1"),
    },
    "pairs.txt": {
        "missing": lambda _: None,
        "empty": lambda _: b"",
        "words": text("a b c"),
        "one kind": text("0 1 1"),
        "unknown template": text("0 1 1", "0 999 0"),
    },
    "g1.csv": {
        "missing": lambda _: None,
        "no heading": text("0,0"),
        "words": text("TEMPLATE_ID,SUBJECT_ID", "0,Ann"),
        "unknown template": text("TEMPLATE_ID,SUBJECT_ID", "999,0"),
        "binary": lambda _: b"\0" * 40,
    },
    "qualities.txt": {
        "missing": lambda _: None,
        "few": text("person_000/000.png 1"),
        "below zero": text("person_000/000.png -1"),
    },
    "held_out.txt": {"missing": lambda _: None, "nobody": text("Nobody"), "binary": lambda _: b"\0\1\2"},
}  # fmt: skip
CASES = [(file, kind) for file, kinds in BAD.items() for kind in kinds]
NAMED_INSTEAD = {
    ("splits.txt", "no such video"): "person_000/9",
    ("splits.txt", "elsewhere"): "../crops/person_000",
    ("splits.txt", "from the root"): "/etc",
    ("media.txt", "no such image"): "person_000/999.png",
    ("media.txt", "not these templates"): "pairs.txt",
}  # what is at fault, where the file itself is read well
COMMAND = {
    "packed": "train on the .rec", "shards": "train on the shards", "held_out": "train on the folder",
    "pairs.bin": "evaluate a .bin", "splits": "evaluate videos",
}  # fmt: skip


def command_for(file: str, world: Path) -> list[object]:
    """The command that reads this file."""
    name = next((name for start, name in COMMAND.items() if file.startswith(start)), "evaluate templates")
    command = commands(world / "crops", world, list(TINY))[name]
    return [*command, "--qualities", world / file] if file == "qualities.txt" else command


def state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_there_are_kinds_enough():
    assert len(CASES) >= 40


@pytest.mark.parametrize(("file", "kind"), CASES)
def test_bad_input_is_one_line(run, world, monkeypatch, tmp_path, file, kind):
    monkeypatch.chdir(tmp_path)
    path = world / file
    whole = path.read_bytes() if path.exists() else b""
    bad = BAD[file][kind](whole)
    try:
        path.unlink(missing_ok=True) if bad is None else path.write_bytes(bad)
        before = state(world)
        code, _, err = run("faces", *command_for(file, world))
        after = state(world)
    finally:
        path.write_bytes(whole) if whole else path.unlink(missing_ok=True)
    assert (code, err.count("\n")) == (2, 1), err
    assert "Traceback" not in err and len(err) < 500
    assert NAMED_INSTEAD.get((file, kind), Path(file).stem.partition("-")[0]) in err
    assert before.items() <= after.items() and not list(tmp_path.iterdir())
