"""Marginalia beside the plain way, in turn, on this machine: prints a table and writes results.json.

make bench                            # half an hour on two cores
python benchmarks/bench.py --run outputs/CosFace_v1 --rounds 3
"""

from __future__ import annotations

import json
import lzma
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
from harness import MEGABYTE, ROOT, Row, call, machine, table

HERE = Path(__file__).parent
PLAIN_EPOCHS = 20
GROWTH = [
    *((f"ms a frame, {n:,} points", "frame_ms", ("--points", n)) for n in (1000, 3000, 10000, 30000, 60000)),
    *((f"ms a frame, {n} classes", "frame_ms", ("--classes", n)) for n in (10, 26, 47)),
    *((f"s of both GIFs, {n} epochs", "gifs_s", ("--snapshots", n + 1)) for n in (5, 10, 20, 40)),
]
HEADS = ((2, 10), (2, 1000), (64, 10000), (512, 10000), (512, 100000))


def measure(*arguments: object) -> dict:
    return call(HERE / "measure.py", *arguments).lines[-1]


def unpack_mnist(folder: Path) -> None:
    """The embedded MNIST in the layout in which torchvision looks for it."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (ROOT / "data" / "mnist").glob("*.xz"):
        (raw / file.stem).write_bytes(lzma.decompress(file.read_bytes()))


def training_rows(rounds: int, epochs: int, data: Path, plain_drawing: list[float]) -> Iterator[Row]:
    """Training and evaluating, the two in turn; on the way, the seconds in which the plain way draws 20 epochs."""
    rows = []
    for basemodel in ("LeNet_pp", "MiniResnet18"):
        row = Row(f"seconds an epoch, {basemodel}", [], [], "5.5")
        for number in range(rounds):
            row.ours.append(measure("epoch", "--basemodel", basemodel)["epoch_s"])
            plain = call(
                HERE / "reference.py", "--data", data, "--out", data / f"{basemodel}{number}", "--epochs", 1,
                "--basemodel", basemodel,
            )  # fmt: skip
            row.plain.append(plain.lines[0]["epoch_s"])
            plain_drawing.append(2 * PLAIN_EPOCHS * (plain.lines[0]["draw_s"] + plain.lines[-1]["gif_s"]))
        rows.append(row)
        yield row
    alone = [measure("convolutions")["epoch_s"] for _ in range(rounds)]
    yield Row("the same as a multiple of the convolutions alone", [t / statistics.median(alone) for t in rows[0].ours],
              [], "1.4 at most")  # fmt: skip
    fast, full = (measure("accuracy", "--epochs", epochs, "--precision", kind) for kind in ("auto", "fp32"))
    name = f"seconds to 98.4 %, CosFace_v1, --epochs {epochs}; plain: {PLAIN_EPOCHS} epochs"
    seconds = [fast["seconds"]] if fast["seconds"] else []
    yield Row(name, seconds, [PLAIN_EPOCHS * t for t in rows[0].plain], "20")
    yield Row(f"% of test images right after these {epochs} epochs", [100 * fast["test_accuracy"]])
    yield Row("the same with --precision fp32", [100 * full["test_accuracy"]], [], "within 0.3")
    yield Row("seconds an epoch, LeNet_pp, --precision fp32", full["epochs_s"], rows[0].plain, "1")


def drawing_rows(rounds: int, run: Path, plain: list[float]) -> list[Row]:
    """plain: seconds in which the plain way draws 20 epochs of both splits, from one picture and one GIF of it."""
    small = [measure("drawing", run) for _ in range(rounds)]
    large = [measure("drawing", run, "--points", 60000) for _ in range(rounds)]
    return [
        Row("milliseconds a frame, 10,000 points", [m["frame_ms"] for m in small]),
        Row("milliseconds a frame, 60,000 points", [m["frame_ms"] for m in large]),
        Row("seconds of both GIFs, 10,000 points", [m["gifs_s"] for m in small], plain, "under 3 s, 15"),
        Row("seconds of both GIFs, 60,000 points", [m["gifs_s"] for m in large]),
        Row("megabytes of a GIF, 10,000 points", [m["gif_bytes"] / MEGABYTE for m in small], [], "1.2 at most"),
    ]


def command_rows(rounds: int, run: Path, data: Path) -> list[Row]:
    """Start-up, the first picture, and memory, of the commands themselves."""
    help_create = [call("create_gif.py", "--help").seconds for _ in range(rounds)]
    help_main = [call("main.py", "--help").seconds for _ in range(rounds)]
    redraw = call("create_gif.py", "--lossname", run.name, "--outputs", run.parent)
    first, peak = first_picture(data)
    return [
        Row("seconds of create_gif.py --help", help_create, [], "0.3 at most"),
        Row("seconds of main.py --help", help_main, [], "0.6 at most"),
        Row("seconds of create_gif.py, 42 frames as PNG and GIF", [redraw.seconds]),
        Row("seconds until the first picture", [first]),
        Row("megabytes at the peak, training", [peak], [], "2000 at most"),
        Row("megabytes at the peak, drawing", [redraw.peak_mb], [], "500 at most"),
    ]


def first_picture(data: Path) -> tuple[float, float]:
    """Seconds from the start of main.py to latest.png, and the peak memory of that run of one epoch, MB."""
    outputs = data / "first"
    started = time.perf_counter()
    command = [sys.executable, "main.py", "--lossname", "CosFace_v1", "--epochs", "1", "--outputs", str(outputs)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not (outputs / "CosFace_v1" / "latest.png").exists() and process.poll() is None:
        time.sleep(0.01)
    first = time.perf_counter() - started
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return first, usage.ru_maxrss * 1024 / MEGABYTE


def growth_rows(run: Path) -> list[Row]:
    """How cost grows, one measurement each."""
    rows = [Row(name, [measure("drawing", run, *options)[figure]]) for name, figure, options in GROWTH]
    for dimension, classes in HEADS:
        ms = measure("head", "--dimension", dimension, "--classes", classes)["step_ms"]
        rows.append(Row(f"ms a step of the head, D = {dimension}, C = {classes:,}", [ms]))
    return rows


def all_rows(rounds: int, epochs: int, run: Path, data: Path) -> Iterator[Row]:
    """Nothing is measured before its row is asked for."""
    plain_drawing: list[float] = []
    yield from training_rows(rounds, epochs, data, plain_drawing)
    yield from drawing_rows(rounds, run, plain_drawing)
    yield from command_rows(rounds, run, data)
    yield from growth_rows(run)


@click.command()
@click.option("--run", "run_folder", type=Path, default=ROOT / "outputs" / "CosFace_v1", help="A finished run to draw.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--epochs", default=3, show_default=True, help="Epochs of the run to 98.4 %.")
@click.option("--out", type=Path, default=HERE / "results.json", show_default=True)
def main(run_folder: Path, rounds: int, epochs: int, out: Path) -> None:
    """Measure everything; each row is printed and written as soon as it is known."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        data, run = Path(scratch), run_folder.resolve()
        unpack_mnist(data)
        for row in all_rows(rounds, epochs, run, data):
            rows.append(row)
            click.echo(table([row]).splitlines()[-1])
            out.write_text(json.dumps({"machine": machine(), "rows": [vars(row) for row in rows]}, indent=2) + "\n")
    click.echo(table(rows))


if __name__ == "__main__":
    main()
