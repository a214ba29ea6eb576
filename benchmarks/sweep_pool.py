"""What a sweep gains from processes that live on: the table of docs/sweeps.md.

python benchmarks/sweep_pool.py --rounds 3
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
RUNS = 6
BASE = {"basemodel": "tiny", "epochs": 1, "snapshots": 1, "batch_size": 128, "lr": 0.006, "precision": "fp32",
        "train_points": 5000, "device": "cpu"}  # fmt: skip


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def main(rounds: int) -> None:
    """Seconds for six runs of one epoch, each way in turn, and how many times as fast the pool is."""
    ways = {"a command a run, all cores": commands, "one worker": lambda place: sweep(place, 1),
            "a worker a core": lambda place: sweep(place, None)}  # fmt: skip
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as place:
                began = time.perf_counter()
                way(Path(place))
                seconds[name].append(time.perf_counter() - began)
    ours = statistics.median(seconds["a worker a core"])
    for name, found in seconds.items():
        ratio = statistics.median(found) / ours
        click.echo(f"| {name} | {statistics.median(found):.1f} ({min(found):.1f} to {max(found):.1f}) | {ratio:.2f} |")


def commands(place: Path) -> None:
    for seed in range(RUNS):
        words = [f"--{key.replace('_', '-')}={value}" for key, value in BASE.items()]
        call("main.py", "--lossname=softmax", f"--seed={seed}", "--record-only", f"--outputs={place}", *words)


def sweep(place: Path, workers: int | None) -> None:
    grids = [{"lossname": ["softmax"], "seed": list(range(RUNS))}]
    (place / "s.json").write_text(json.dumps({"question": "", "base": BASE, "grids": grids}))
    more = [] if workers is None else [f"--workers={workers}"]
    call("-m", "marginalia", "sweep", str(place / "s.json"), f"--outputs={place}", *more)


def call(*words: str) -> None:
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
