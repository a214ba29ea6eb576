"""The quick run, threads beside other programs, and number formats: rows of bench.py."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
from harness import HERE, OURS, ROOT, Row, call, measure, measure_drawing

BACKBONES = (
    "conv4", "sphere4", "sphere20", "ir50", "resnet50", "mobilenet_v3_large", "mobilenet_v3_small",
    "efficientnet_b0",
)  # fmt: skip


def quick_rows(rounds: int, data: Path) -> Iterator[Row]:
    """The quick run by its command beside one epoch of the plain way, in turn, and where its time goes."""
    row = Row("seconds of main.py --quick, CosFace_v1; plain: one epoch", [], [], "2.9")
    for number in range(rounds):
        plain = call(HERE / "reference.py", "--data", data, "--out", data / f"quick{number}", "--epochs", 1)
        row.plain.append(plain.lines[0]["epoch_s"])
        with tempfile.TemporaryDirectory(dir=data) as outputs:
            row.ours.append(call("main.py", "--lossname", "CosFace_v1", "--quick", "--outputs", outputs).seconds)
    yield row
    parts = measure("quick")
    for name, seconds in parts.items():
        yield Row(f"seconds of a quick run: {name}", [seconds])
    at_once = Row("seconds of two quick runs at once; plain: one after the other", [], [], "0.87")
    for _ in range(rounds):
        at_once.ours.append(quick_pair(data, at_once=True))
        at_once.plain.append(quick_pair(data, at_once=False))
    yield at_once


def quick_pair(data: Path, at_once: bool) -> float:
    """Seconds of two quick runs."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=data) as outputs:
        running = []
        for lossname in ("softmax", "CosFace_v1"):
            command = [sys.executable, "main.py", "--lossname", lossname, "--quick", "--outputs", outputs]
            running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
            if not at_once:
                running[-1].wait()
        if any(process.wait() for process in running):
            raise click.ClickException("a quick run failed")
    return time.perf_counter() - started


@contextlib.contextmanager
def busy_programs(count: int) -> Iterator[None]:
    """Other programs that compute all the time."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def thread_rows(rounds: int, run: Path, faces: Path | None) -> Iterator[Row]:
    """Our setting of the threads' patience beside libgomp's own, alone and beside one and two busy programs."""
    work = {"a training step": (measure, "step"), "a frame": (measure_drawing, "drawing", run)}
    if faces is not None:
        work["landmarks of an image"] = (measure, "landmarks", faces)
    for busy in (0, 1, 2):
        for name, (measured_by, *arguments) in work.items():
            where = f"{name}, {busy} busy programs beside it; plain: libgomp's spinning"
            wall, processor = Row(f"ms of {where}", []), Row(f"ms of processor time of {where}", [])
            with busy_programs(busy):
                for _ in range(rounds):
                    for spinning, row in ((OURS, "ours"), ({}, "plain")):
                        measured = measured_by(*arguments, spinning=spinning)
                        getattr(wall, row).append(measured["wall_ms"])
                        getattr(processor, row).append(measured["processor_ms"])
            yield wall
            yield processor


def precision_rows() -> Iterator[Row]:
    """A training step of each backbone of faces in bfloat16 beside float32."""
    for backbone in BACKBONES:
        ms = measure("backbone", backbone)
        yield Row(f"ms a step of {backbone} in bfloat16; plain: float32", [ms["bfloat16_ms"]], [ms["float32_ms"]])
