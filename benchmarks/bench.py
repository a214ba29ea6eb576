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


def epoch_rows(rounds: int, data: Path) -> list[Row]:
    """Training and evaluating, the two in turn; the first row's plain epochs also say what it draws."""
    rows = []
    draw_s, gif_s = [], []
    for basemodel in ("LeNet_pp", "MiniResnet18"):
        row = Row(f"seconds an epoch, {basemodel}", [], [], "5.5")
        for number in range(rounds):
            row.ours.append(measure("epoch", "--basemodel", basemodel)["epoch_s"])
            plain = call(
                HERE / "reference.py", "--data", data, "--out", data / f"{basemodel}{number}", "--epochs", 1,
                "--basemodel", basemodel,
            )  # fmt: skip
            row.plain.append(plain.lines[0]["epoch_s"])
            draw_s.append(plain.lines[0]["draw_s"])
            gif_s.append(plain.lines[-1]["gif_s"])
        rows.append(row)
    fp32 = Row("seconds an epoch, LeNet_pp, --precision fp32", [], rows[0].plain, "1")
    fp32.ours.append(measure("epoch", "--precision", "fp32")["epoch_s"])
    limit = Row("seconds of the convolutions alone (plain), an epoch (ours)", rows[0].ours, [], "1.4 at most")
    limit.plain = [measure("convolutions")["epoch_s"] for _ in range(rounds)]
    both_gifs = 2 * PLAIN_EPOCHS * (statistics.median(draw_s) + statistics.median(gif_s))
    return [*rows, fp32, limit, Row("(plain way's 40 pictures and 2 GIFs, from one of each)", [], [both_gifs])]


def accuracy_row(rounds: int, plain_epoch_s: float, epochs: int) -> Row:
    seconds = [measure("accuracy", "--epochs", epochs)["seconds"] for _ in range(rounds)]
    reached = [value for value in seconds if value is not None]
    name = f"seconds to 98.4 %, CosFace_v1, --epochs {epochs}; plain: {PLAIN_EPOCHS} epochs"
    return Row(name, reached, [PLAIN_EPOCHS * plain_epoch_s], "20")


def drawing_rows(rounds: int, run: Path, plain_gifs_s: float) -> list[Row]:
    small = [measure("drawing", run) for _ in range(rounds)]
    large = [measure("drawing", run, "--points", 60000) for _ in range(rounds)]
    return [
        Row("milliseconds a frame, 10,000 points", [m["frame_ms"] for m in small]),
        Row("milliseconds a frame, 60,000 points", [m["frame_ms"] for m in large]),
        Row("seconds of both GIFs, 10,000 points", [m["gifs_s"] for m in small], [plain_gifs_s], "15, under 3 s"),
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


@click.command()
@click.option("--run", "run_folder", type=Path, default=ROOT / "outputs" / "CosFace_v1", help="A finished run to draw.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--epochs", default=4, show_default=True, help="Epochs of the run to 98.4 %.")
@click.option("--out", type=Path, default=HERE / "results.json", show_default=True)
def main(run_folder: Path, rounds: int, epochs: int, out: Path) -> None:
    """Measure everything, print the table, write it as JSON."""
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch)
        unpack_mnist(data)
        *epochs_rows, plain_gifs = epoch_rows(rounds, data)
        rows = [*epochs_rows, accuracy_row(rounds, statistics.median(epochs_rows[0].plain), epochs)]
        rows += drawing_rows(rounds, run_folder.resolve(), plain_gifs.plain[0])
        rows += command_rows(rounds, run_folder.resolve(), data)
        rows += growth_rows(run_folder.resolve())
    rows = [row for row in rows if row.ours or row.plain]
    click.echo(table(rows))
    content = {"machine": machine(), "rows": [vars(row) for row in rows]}
    out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
