"""All formats of faces end to end: packed, trained on for two epochs, and judged on sets, videos and templates.

python benchmarks/face_world.py --crops crops --out /tmp/world

Without --crops it draws people of its own. A third of the people is held out: the sets are made of these.
"""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).parent.parent
FEWEST = 4
FOLDS = 10
Images = dict[str, list[Path]]


def draw_people(out: Path, people: int, images: int, seed: int = 0) -> None:
    """Faces of ellipses: each person has colours, eyes and a mouth of their own, each image its light and noise."""
    random = np.random.default_rng(seed)
    for person in range(people):
        skin, hair, eyes = random.integers(60, 240, 3), random.integers(0, 200, 3), random.integers(0, 160, 3)
        apart, wide, high = random.uniform(10, 22), random.uniform(8, 24), random.uniform(2, 9)
        for number in range(images):
            x, y, light = *random.normal(0, 2, 2), random.uniform(0.7, 1.2)
            picture = Image.new("RGB", (96, 112), (40, 40, 40))
            draw = ImageDraw.Draw(picture)
            draw.ellipse((10 + x, y, 86 + x, 112 + y), tuple(hair.tolist()))
            draw.ellipse((18 + x, 16 + y, 78 + x, 108 + y), tuple(skin.tolist()))
            for side in (-1, 1):
                draw.ellipse((44 + x + side * apart, 48 + y, 52 + x + side * apart, 56 + y), tuple(eyes.tolist()))
            draw.ellipse((48 + x - wide, 88 + y - high, 48 + x + wide, 88 + y + high), (150, 40, 50))
            pixels = np.asarray(picture) * light + random.normal(0, 8, (112, 96, 3))
            path = out / f"person_{person:03d}" / f"{number:03d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)


def held_out(crops: Path) -> Images:
    """Every third person of four images or more."""
    people = {folder.name: sorted(folder.iterdir()) for folder in sorted(crops.iterdir()) if folder.is_dir()}
    return dict([(name, images) for name, images in people.items() if len(images) >= FEWEST][::3])


def different(images: Images, random: np.random.Generator) -> tuple[str, str]:
    one, other = random.choice(list(images), 2, replace=False)
    return str(one), str(other)


def write_set(images: Images, out: Path, in_a_fold: int, random: np.random.Generator) -> None:
    """insightface's .bin: in each fold as many pairs of one person as of two."""
    content: list[bytes] = []
    for _ in range(FOLDS):
        for _ in range(in_a_fold):
            person = str(random.choice(list(images)))
            content += [
                images[person][int(i)].read_bytes() for i in random.choice(len(images[person]), 2, replace=False)
            ]
        for _ in range(in_a_fold):
            content += [images[person][int(random.integers(len(images[person])))].read_bytes()
                        for person in different(images, random)]  # fmt: skip
    same = [True, False] * FOLDS
    out.write_bytes(pickle.dumps((content, [answer for answer in same for _ in range(in_a_fold)]), 4))


def halves(images: Images) -> Iterator[tuple[str, int, list[Path]]]:
    """Person, 0 or 1, and this half of their images."""
    for person, files in images.items():
        yield person, 0, files[0::2]
        yield person, 1, files[1::2]


def write_videos(images: Images, out: Path, splits: Path, random: np.random.Generator) -> None:
    """Each person has two videos; a split has half of a tenth of the people, and as many pairs of two people."""
    for person, half, files in halves(images):
        (out / person / str(half)).mkdir(parents=True)
        for number, file in enumerate(files):
            shutil.copyfile(file, out / person / str(half) / f"{number}{file.suffix}")
    lines = ["split number, first name, second name, is same"]
    for fold, people in enumerate(np.array_split(random.permutation(list(images)), FOLDS), 1):
        lines += [f"{fold}, {person}/0, {person}/1, 1" for person in people]
        others = [different(images, random) for _ in people]
        lines += [f"{fold}, {one}/0, {other}/1, 0" for one, other in others]
    splits.write_text("\n".join(lines) + "\n")


def write_templates(images: Images, crops: Path, out: Path) -> None:
    """As IJB-C: media, all pairs of templates, two galleries of half of the people, and everybody's second half."""
    subjects = {person: number for number, person in enumerate(images)}
    media, medium = [], 0
    for person, half, files in halves(images):
        for file in files:
            medium += 1
            media.append(f"{file.relative_to(crops)} {2 * subjects[person] + half} {medium}")
    pairs = [f"{a} {b} {int(a // 2 == b // 2)}" for a, b in combinations(range(2 * len(subjects)), 2)]
    heading = "TEMPLATE_ID,SUBJECT_ID"
    gallery = [f"{2 * subject},{subject}" for subject in subjects.values()]
    for name, lines in {
        "media.txt": media, "pairs.txt": pairs,
        "g1.csv": [heading, *gallery[0::2]], "g2.csv": [heading, *gallery[1::2]],
        "probes.csv": [heading, *(f"{2 * subject + 1},{subject}" for subject in subjects.values())],
    }.items():  # fmt: skip
        (out / name).write_text("\n".join(lines) + "\n")


def make_world(crops: Path, out: Path, in_a_fold: int) -> None:
    """Everything that is made of the people held out, and their names."""
    random = np.random.default_rng(0)
    images = held_out(crops)
    out.mkdir(parents=True, exist_ok=True)
    (out / "held_out.txt").write_text("".join(f"{person}\n" for person in images))
    write_set(images, out / "pairs.bin", in_a_fold, random)
    write_videos(images, out / "videos", out / "splits.txt", random)
    write_templates(images, crops, out)


def commands(crops: Path, out: Path, training: list[str]) -> dict[str, list[object]]:
    """What is run in turn, without 'faces'."""
    tested = ["--model", out / "of-folder", "--out", out / "evaluation"]
    train = ["train", "--exclude", out / "held_out.txt", *training, "--out"]
    return {
        "pack as .rec": ["pack", crops, "--out", out / "packed.rec"],
        "pack as shards": ["pack", crops, "--out", out / "shards" / "faces-%03d.tar"],
        "train on the folder": [*train, out / "of-folder", "--data", crops],
        "train on the .rec": [*train, out / "of-rec", "--data", out / "packed.rec"],
        "train on the shards": [*train, out / "of-shards", "--data", out / "shards" / "faces-*.tar"],
        "evaluate a .bin": ["evaluate", "--set", out / "pairs.bin", *tested],
        "evaluate videos": ["evaluate", "--videos", out / "videos", "--splits", out / "splits.txt", *tested],
        "evaluate templates": [
            "templates", "--data", crops, "--media", out / "media.txt", "--pairs", out / "pairs.txt",
            "--gallery", out / "g1.csv", "--gallery", out / "g2.csv", "--probes", out / "probes.csv", *tested,
        ],
    }  # fmt: skip


def same_weights(*trainings: Path) -> bool:
    """Whether all trainings ended with the same bytes of weights."""
    from safetensors.numpy import load_file

    states = [[load_file(path) for path in sorted(folder.rglob("*.safetensors"))] for folder in trainings]
    assert all(states)
    return all(
        one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
        for state in states[1:]
        for one, other in zip(states[0], state, strict=True)
    )


@click.command()
@click.option("--crops", type=Path, help="Aligned faces, one folder a person; drawn if it is left out.")
@click.option("--out", type=Path, required=True, help="A folder that is not there yet.")
@click.option("--in-a-fold", default=300, show_default=True, help="Pairs of each kind in a fold of the .bin.")
@click.option("--training", default="--min-images 4 --epochs 2 --validation 0.1 --batch-size 64", show_default=True)
def main(crops: Path | None, out: Path, in_a_fold: int, training: str) -> None:
    """Make the world, run every command on it, and print what they say and how long they take."""
    out.mkdir(parents=True)
    if crops is None:
        crops = out / "crops"
        draw_people(crops, 60, 8)
    make_world(crops, out, in_a_fold)
    for name, command in commands(crops, out, training.split()).items():
        began = time.perf_counter()
        run = [sys.executable, "-m", "marginalia", "faces", *map(str, command)]
        done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
        click.echo(
            f"{name}: {time.perf_counter() - began:.1f} s\n{done.stdout}{done.stderr if done.returncode else ''}"
        )
        done.check_returncode()
    same = same_weights(*(out / name for name in ("of-folder", "of-rec", "of-shards")))
    click.echo(json.dumps({"folder, .rec and shards give the same weights": same}))


if __name__ == "__main__":
    main()
