"""Marginalia beside the plain way, in turn, on this machine: prints a table and writes results.json.

make bench                            # half an hour on two cores
python benchmarks/bench.py --run outputs/CosFace_v1 --rounds 3
"""

from __future__ import annotations

import json
import lzma
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from harness import HERE, MEGABYTE, ROOT, Row, call, measure, measure_drawing, table
from neighbours import precision_rows, quick_rows, thread_rows

README, BEGIN, END = HERE / "README.md", "<!-- table begins -->", "<!-- table ends -->"
PLAIN_EPOCHS = 20
PLAIN_DRAWING = f"seconds of the plain way's {2 * PLAIN_EPOCHS} pictures and 2 GIFs, from one of each"
PARTS = ("training", "quick", "threads", "precision", "drawing", "commands", "growth", "page")
ALL_OVERLAYS = [part for name in ("regions", "margin", "centres", "errors") for part in ("--overlay", name)]
GROWTH = [
    *((f"ms a frame, {n:,} points", "frame_ms", ("--points", n)) for n in (1000, 10000, 100000, 1000000)),
    *((f"ms a frame, {n} classes", "frame_ms", ("--classes", n)) for n in (10, 47, 200)),
    *((f"s of both GIFs, {n} epochs", "gifs_s", ("--snapshots", n + 1)) for n in (5, 10, 20, 40)),
]
HEADS = ((2, 10), (2, 1000), (64, 10000), (512, 10000), (512, 100000))


def unpack_mnist(folder: Path) -> None:
    """The embedded MNIST in the layout in which torchvision looks for it."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (ROOT / "marginalia" / "data" / "mnist").glob("*.xz"):
        (raw / file.stem).write_bytes(lzma.decompress(file.read_bytes()))


def training_rows(rounds: int, epochs: int, data: Path) -> Iterator[Row]:
    """Training and evaluating, the two in turn; on the way, the seconds in which the plain way draws 20 epochs."""
    drawing = Row(PLAIN_DRAWING, [])
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
            drawing.plain.append(2 * PLAIN_EPOCHS * (plain.lines[0]["draw_s"] + plain.lines[-1]["gif_s"]))
        rows.append(row)
        yield row
    yield drawing
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


def drawing_rows(rounds: int, run: Path, plain: list[float]) -> Iterator[Row]:
    """plain: the seconds of the row PLAIN_DRAWING."""
    small = [measure_drawing("drawing", run) for _ in range(rounds)]
    yield Row("milliseconds a frame, 10,000 points", [m["frame_ms"] for m in small])
    yield Row("seconds of both GIFs, 10,000 points", [m["gifs_s"] for m in small], plain,
              "under 3 s, 15")  # fmt: skip
    yield Row("megabytes of a GIF, 10,000 points", [m["gif_bytes"] / MEGABYTE for m in small], [], "1.2 at most")
    large = [measure_drawing("drawing", run, "--points", 60000) for _ in range(rounds)]
    yield Row("milliseconds a frame, 60,000 points", [m["frame_ms"] for m in large])
    yield Row("seconds of both GIFs, 60,000 points", [m["gifs_s"] for m in large])
    for layout in ("square", "slide"):
        every = [measure_drawing("drawing", run, "--layout", layout, *ALL_OVERLAYS)["frame_ms"] for _ in range(rounds)]
        yield Row(f"milliseconds a frame with all overlays, {layout}", every, [], "60 at most")


def command_rows(rounds: int, run: Path, data: Path) -> Iterator[Row]:
    """Start-up, the first picture, and memory, of the commands themselves."""
    yield Row("seconds of create_gif.py --help", [call("create_gif.py", "--help").seconds for _ in range(rounds)], [],
              "0.3 at most")  # fmt: skip
    yield Row(
        "seconds of main.py --help", [call("main.py", "--help").seconds for _ in range(rounds)], [], "0.6 at most"
    )
    redraw = call("create_gif.py", "--lossname", run.name, "--outputs", run.parent)
    yield Row("seconds of create_gif.py, every frame as PNG and GIF", [redraw.seconds])
    yield Row("megabytes at the peak, drawing", [redraw.peak_mb], [], "500 at most")
    first, peak = first_picture(data)
    yield Row("seconds until the first picture", [first])
    yield Row("megabytes at the peak, training", [peak], [], "2000 at most")
    yield Row("seconds of loading MNIST", [measure("mnist")["load_s"] for _ in range(rounds)], [], "1 at most")
    yield Row("seconds from Ctrl-C to the end of main.py", [stop(data) for _ in range(rounds)], [], "2 at most")


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


def stop(data: Path) -> float:
    """Seconds from Ctrl-C, after six snapshots of a quick run, until main.py has drawn what there is and ends."""
    with tempfile.TemporaryDirectory(dir=data) as outputs:
        command = [sys.executable, "main.py", "--lossname", "softmax", "--quick", "--outputs", outputs]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=ROOT, preexec_fn=heed_ctrl_c, **quiet)
        while len(list(Path(outputs).glob("*/snapshots/*.npz"))) < 6 and process.poll() is None:
            time.sleep(0.01)
        started = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait()
        return time.perf_counter() - started


def heed_ctrl_c() -> None:
    """A job that a shell starts in the background ignores Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def growth_rows(run: Path) -> Iterator[Row]:
    """How cost grows, one measurement each."""
    for name, figure, options in GROWTH:
        yield Row(name, [measure_drawing("drawing", run, *options)[figure]])
    for dimension, classes in HEADS:
        ms = measure("head", "--dimension", dimension, "--classes", classes)["step_ms"]
        yield Row(f"ms a step of the head, D = {dimension}, C = {classes:,}", [ms])


def page_rows(rounds: int, run: Path) -> Iterator[Row]:
    """The page in headless Chromium without a GPU, played once, with the run in 1, 2 and 6 panes."""
    for panes, frames, megabytes in ((1, "", "2 at most"), (2, "50 at least", ""), (6, "25 at least", "5 at most")):
        played = [measure_drawing("page", run, "--panes", panes) for _ in range(rounds)]
        where = f"page of {panes} pane(s), 1280 x 720"
        yield Row(f"frames a second, {where}", [m["frames_per_s"] for m in played], [], frames)
        yield Row(f"milliseconds of script a frame, {where}", [m["script_ms"] for m in played])
        yield Row(f"seconds until the first picture, {where}", [m["ready_s"] for m in played], [], "2 at most")
        yield Row(f"megabytes, page of {panes} run(s)", [played[0]["bytes"] / MEGABYTE], [], megabytes)
        yield Row(f"seconds of making it, page of {panes} run(s)", [m["made_s"] for m in played])
    many = [measure_drawing("page", run, "--points", 60000) for _ in range(rounds)]
    where = "page of 60,000 points and 100 moments"
    yield Row(f"frames a second, {where}", [m["frames_per_s"] for m in many], [], "30 at least")
    yield Row(f"seconds until the first picture, {where}", [m["ready_s"] for m in many], [], "3 at most")
    yield Row(f"megabytes, {where}", [many[0]["bytes"] / MEGABYTE])


def all_rows(
    parts: Sequence[str], rounds: int, epochs: int, run: Path, data: Path, faces: Path | None, known: dict[str, Row]
) -> Iterator[Row]:
    """Nothing is measured before its row is asked for. known: the rows so far, by name."""
    if "training" in parts:
        yield from training_rows(rounds, epochs, data)
    if "quick" in parts:
        yield from quick_rows(rounds, data)
    if "threads" in parts:
        yield from thread_rows(rounds, run, faces)
    if "precision" in parts:
        yield from precision_rows()
    if "drawing" in parts:
        yield from drawing_rows(rounds, run, known[PLAIN_DRAWING].plain if PLAIN_DRAWING in known else [])
    if "commands" in parts:
        yield from command_rows(rounds, run, data)
    if "growth" in parts:
        yield from growth_rows(run)
    if "page" in parts:
        yield from page_rows(rounds, run)


def publish(rows: list[Row]) -> None:
    """Puts the table into README.md, between its marks."""
    before, _, rest = README.read_text().partition(BEGIN)
    README.write_text(before + BEGIN + "\n" + table(rows) + "\n" + END + rest.partition(END)[2])


@click.command()
@click.option("--run", "run_folder", type=Path, default=ROOT / "outputs" / "CosFace_v1", help="A finished run to draw.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--epochs", default=2, show_default=True, help="Epochs of the run to 98.4 %.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only these; the other rows are kept.")
@click.option("--faces", type=Path, help="A folder of photographs, for the landmarks.")
@click.option("--out", type=Path, default=HERE / "results.json", show_default=True)
def main(run_folder: Path, rounds: int, epochs: int, parts: tuple[str, ...], faces: Path | None, out: Path) -> None:
    """Measure everything; each row is printed and written as soon as it is known."""
    machine = measure("machine")
    before = json.loads(out.read_text()) if parts and out.exists() else {"machine": machine, "rows": []}
    if before["machine"] != machine:
        raise click.ClickException(f"{out} is of another machine or other versions; measure all parts")
    rows = {row["name"]: Row(**row) for row in before["rows"]}
    with tempfile.TemporaryDirectory() as scratch:
        data, run = Path(scratch), run_folder.resolve()
        unpack_mnist(data)
        for row in all_rows(parts or PARTS, rounds, epochs, run, data, faces, rows):
            rows[row.name] = row
            click.echo(table([row]).splitlines()[-1])
            content = {"machine": machine, "rows": [vars(row) for row in rows.values()]}
            out.write_text(json.dumps(content, indent=2) + "\n")
    click.echo(table(list(rows.values())))
    publish(list(rows.values()))


if __name__ == "__main__":
    main()
