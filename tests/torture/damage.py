"""Files that are truncated, flipped, emptied or another's, in a run and in a folder of images."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from PIL import Image

from marginalia.record.arrays import read_arrays

from .common import ROOT, SHORT_RUN, Outcome, command, contents, is_one_clear_line, only_run, run_here

READ_AGAIN = {".json", ".npz", ".pt"}


def harms(content: bytes, other: bytes) -> Iterator[bytes]:
    """Truncated at several places, one bit flipped at several, emptied, swapped for another run's."""
    for share in (0.1, 0.5, 0.9, 0.99):
        yield content[: int(share * len(content))]
    for _ in range(12):
        at, flipped = random.randrange(max(1, len(content))), bytearray(content)
        if flipped:
            flipped[at] ^= 1 << random.randrange(8)
        yield bytes(flipped)
    yield b""
    yield other


def damage(scratch: Path, images: Path) -> Outcome:
    """Every file of a finished run harmed, then redrawn; every file of an unfinished one harmed, then resumed."""
    other = ["--seed", "1", "--outputs", scratch / "other"]
    for arguments in (other, ["--outputs", scratch / "sound"]):
        code, err = run_here("main.py", *SHORT_RUN, "--dataset", f"folder:{images}", *arguments)
        assert code == 0, err
    finished = only_run(scratch / "sound")
    unfinished = stopped_run(scratch / "stopped", images)
    tried = failed = 0
    for source, name in ((finished, "create_gif.py"), (unfinished, "main.py")):
        for file in sorted(path for path in source.rglob("*") if path.is_file() and path.parent.name != "frames"):
            twin = only_run(scratch / "other") / file.relative_to(source)
            harmed = [*harms(file.read_bytes(), twin.read_bytes() if twin.exists() else b"other")]
            for content in harmed if file.suffix in READ_AGAIN else harmed[-3:]:
                tried += 1
                failed += not survives(scratch, images, source, file, content, name)
    return tried, failed


def survives(scratch: Path, images: Path, source: Path, file: Path, content: bytes, name: str) -> bool:
    """Whether a copy of `source` with this content in `file` is either refused in one line or gives what it should."""
    outputs = Path(tempfile.mkdtemp(dir=scratch))
    folder = Path(shutil.copytree(source, outputs / source.name))
    (folder / file.relative_to(source)).write_bytes(content)
    expected = contents(only_run(scratch / "sound"))
    if name == "create_gif.py":
        code, err = run_here(name, "--lossname", source.name, "--outputs", outputs)
        expected = {path: data for path, data in expected.items() if path.endswith((".gif", ".png"))}
    else:
        code, err = run_here(name, *SHORT_RUN, "--dataset", f"folder:{images}", "--outputs", outputs)
    sound = only_run(scratch / "sound")
    good = is_one_clear_line(code, err) or (code == 0 and all(is_right(folder, sound, path) for path in expected))
    if not good:
        click.echo(f"{name} after harm to {file.name}: {code} {err[:300]}")
    shutil.rmtree(outputs)
    return good


def is_right(folder: Path, sound: Path, name: str) -> bool:
    """Whether a file says what it should: a picture its bytes; a snapshot its arrays, whatever its zip's dates are."""
    if not name.endswith(".npz"):
        return (folder / name).read_bytes() == (sound / name).read_bytes()
    mine, right = read_arrays(folder / name), read_arrays(sound / name)
    return mine.keys() == right.keys() and all(np.array_equal(mine[key], right[key], equal_nan=True) for key in right)


def stopped_run(outputs: Path, images: Path) -> Path:
    """A run that was killed after its second epoch."""
    process = subprocess.Popen(command(images, outputs), cwd=ROOT, stdout=subprocess.DEVNULL)
    while not list(outputs.glob("*/snapshots/epoch_03_*.npz")):
        time.sleep(0.005)
    process.kill()
    process.wait()
    return only_run(outputs)


def damaged_images(scratch: Path, images: Path) -> Outcome:
    """One image of a folder harmed: read all the same, or named in one line."""
    failed = tried = 0
    victim = images / "1" / "7.png"
    content = victim.read_bytes()
    for harmed in (*harms(content, b"\xff\xd8\xff\xe0 half a JPEG"), huge_png()):
        victim.write_bytes(harmed)
        arguments = [
            "--lossname",
            "softmax",
            "--basemodel",
            "MiniResnet18",
            "--epochs",
            1,
            "--snapshots",
            1,
            "--overwrite",
        ]
        code, err = run_here("main.py", *arguments, "--dataset", f"folder:{images}", "--outputs", scratch / "images")
        tried += 1
        good = code == 0 or (is_one_clear_line(code, err) and victim.name in err)
        if not good:
            click.echo(f"image: {code} {err[:300]}")
        failed += not good
    victim.write_bytes(content)
    return tried, failed


def huge_png() -> bytes:
    """A PNG of a few hundred bytes that claims 30,000 x 30,000 pixels."""
    packed = io.BytesIO()
    Image.new("1", (16, 16)).save(packed, "PNG")
    content = bytearray(packed.getvalue())
    content[16:24] = (30_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)
