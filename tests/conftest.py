"""What several tests need: a few hundred genuine digits, and the commands run in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import settings
from PIL import Image

from marginalia.cli.check import check
from marginalia.cli.command_line import run_command
from marginalia.cli.draw import draw
from marginalia.cli.faces import faces
from marginalia.cli.figure import figure
from marginalia.cli.playground import playground
from marginalia.cli.sweep import sweep
from marginalia.cli.train import train
from marginalia.config.config_file import ConfigFile, read_config
from marginalia.config.run_config import RunConfig
from marginalia.data.dataset import Dataset
from marginalia.data.mnist import load_mnist
from marginalia.record.snapshot import Run
from marginalia.viz import labels
from marginalia.viz.camera import KINDS

from .browsing import CHROMIUM, FLAGS, HOSTILE, WANTED, rest
from .paged import lost, save, shown_run, with_cells
from .waiting import LONGEST_WAIT

ROOT = Path(__file__).parent.parent
COMMANDS = {"main.py": train, "create_gif.py": draw, "check": check, "faces": faces, "playground": playground,
            "sweep": sweep, "figure": figure}  # fmt: skip

Answer = tuple[int, str, str]

# The same examples on every machine, and no limit of time to an example.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def no_signs_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command ends with a word on signs that no font has; those of one test are no business of the next."""
    monkeypatch.setattr(labels, "_without_font", set())


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    return load_mnist()


@pytest.fixture(scope="session")
def few_digits(mnist: Dataset) -> Dataset:
    """320 training and 100 test images of the genuine MNIST, every class among them."""
    return Dataset("few", mnist.class_names, mnist.train.sample(320, 1), mnist.test.sample(100, 1))


@pytest.fixture(scope="session")
def config_file() -> ConfigFile:
    return read_config(ROOT / "config.json")


@pytest.fixture
def tiny(config_file: ConfigFile) -> Callable[..., RunConfig]:
    """A run of two short epochs, in whose snapshots are 100 training images: tiny("CosFace_v1", epochs=3)."""

    def make(lossname: str, **settings: object) -> RunConfig:
        sections = {}
        for section in ("data", "model", "training"):
            before = getattr(config_file, section)
            base = {"training": {"epochs": 2, "snapshots": 1, "batch_size": 64}, "data": {"train_points": 100}}.get(
                section, {}
            )
            mine = {key: value for key, value in settings.items() if hasattr(before, key)}
            sections[section] = replace(before, **(base | mine))
        return RunConfig(
            name=lossname,
            lossname=lossname,
            loss=config_file.loss(lossname),
            optimizer=config_file.optimizers[sections["training"].optimizer],
            **sections,
        )

    return make


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs a command as the shell would: run("main.py", "--lossname", "softmax") -> (exit code, stdout, stderr)."""

    def call(command: str, *arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", [command, *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            run_command(COMMANDS[command])
        out, err = capsys.readouterr()
        return int(leaving.value.code or 0), out, err

    return call


@pytest.fixture(scope="session")
def digit_folder(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Genuine digits as a user's folder: three classes of 40 PNGs each."""
    folder = tmp_path_factory.mktemp("digits")
    for label, name in enumerate(("naught", "one", "$2<")):
        (folder / name).mkdir()
        for number, index in enumerate(np.flatnonzero(mnist.train.labels == label)[:40]):
            Image.fromarray(mnist.train.images[index]).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e '.[dev]'")
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def runs(config_file: ConfigFile, mnist: Dataset) -> dict[str, Run]:
    """Two runs of the same images, one of a head with cells, one that is shorter, one with thousands of errors."""
    long = [shown_run(config_file.margin(name), mnist, name, random_seed=i)
            for i, name in enumerate(("softmax", "CosFace_v1"))]  # fmt: skip
    celled = with_cells(shown_run(config_file.margin("softmax"), mnist, "cells", random_seed=5))
    short = shown_run(config_file.margin("ArcFace_v3"), mnist, "short", snapshots=2)
    hopeless = lost(shown_run(config_file.margin("CosFace_v1"), mnist, "lost", count=2200))
    return {run.name: run for run in (*long, celled, short, hopeless)}


@pytest.fixture(scope="session")
def page_files(runs: dict[str, Run], mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages by name, made by the command as people type it."""
    patch = pytest.MonkeyPatch()
    patch.setattr("marginalia.draw.load_dataset", lambda *_: mnist)
    outputs = tmp_path_factory.mktemp("outputs")
    for run in runs.values():
        save(run, mnist, outputs)
    hostile = replace(runs["softmax"], name=HOSTILE, lossname=HOSTILE, class_names=(HOSTILE, *"123456789"))
    save(hostile, mnist, outputs, folder="hostile")
    long = replace(runs["softmax"], name="long", class_names=tuple(f"character_{n:02d}_ka" for n in range(10)))
    save(long, mnist, outputs, folder="long names")
    for name, losses in WANTED.items():
        options = [word for loss in losses for word in ("--lossname", loss)]
        options += [word for kind in KINDS if name.endswith(kind) for word in ("--camera", kind)]
        command = [*options, "--page", outputs / f"{name}.html", "--outputs", outputs, "--config", ROOT / "config.json"]
        done = CliRunner().invoke(draw, list(map(str, command)), catch_exceptions=False)
        assert done.exit_code == 0
    patch.undo()
    return {name: outputs / f"{name}.html" for name in WANTED}


@pytest.fixture
def new_tab(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens empty pages: new_tab(viewport={"width": 390, "height": 844})."""
    opened = []

    def go(**options: Any) -> Any:
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, **options})
        page.set_default_timeout(1000 * LONGEST_WAIT)
        opened.append(page)
        return page

    yield go
    for page in opened:
        page.close()


@pytest.fixture
def visit(new_tab: Callable[..., Any], page_files: dict[str, Path]) -> Iterator[Callable[..., Any]]:
    """visit("two", hash="epoch=1") -> the page at rest; no request but the file's own, and nothing in the console."""
    complaints: list[str] = []

    def go(name: str, hash: str = "", width: int = 1280, height: int = 720, **options: Any) -> Any:
        page = new_tab(viewport={"width": width, "height": height}, **options)
        address = page_files[name].as_uri()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(address) or complaints.append(asked.url))
        page.goto(f"{address}#{hash}")
        page.evaluate("async () => { window.app = await started; }")
        rest(page)
        return page

    yield go
    assert complaints == []


@pytest.fixture
def any_bytes(tmp_path: Path) -> None:
    """Skips where the file system takes no names that are not UTF-8, as Apple's."""
    tried = os.fsencode(tmp_path) + b"/caf\xe9 tried"
    try:
        os.mkdir(tried)  # noqa: PTH102
        os.rmdir(tried)  # noqa: PTH106
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")


@pytest.fixture
def noise_album(tmp_path: Path) -> Path:
    """Four people of four images each, 16 x 16, all noise."""
    random = np.random.default_rng(0)
    for name in (f"p{person}/{number}.png" for person in range(4) for number in range(4)):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(path)
    return tmp_path / "album"


@pytest.fixture
def train_faces(run: Callable[..., Answer], noise_album: Path, tmp_path: Path) -> Callable[..., Answer]:
    """Trains on the album into tmp_path / "out": train_faces("--head", "ArcFace") -> (exit code, stdout, stderr)."""

    def call(*more: object) -> Answer:
        settings = ("--size", "16x16", "--batch-size", 4, "--epochs", 3, "--device", "cpu")
        return run("faces", "train", "--data", noise_album, "--out", tmp_path / "out", *settings, *more)

    return call


@pytest.fixture(scope="session")
def playground_html(tmp_path_factory) -> Path:
    """The playground, made from the sources."""
    path = tmp_path_factory.mktemp("playground") / "playground.html"
    done = CliRunner().invoke(playground, ["--out", str(path), "--no-open", "--config", str(ROOT / "config.json")])
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def playground_page(new_tab: Callable[..., Any], playground_html: Path) -> Iterator[Any]:
    """The playground in a tab; it must make no error and no request."""
    page = new_tab()
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(playground_html.as_uri())
    yield page
    assert page.errors == [] and all(url.startswith(("file:", "blob:")) for url in page.requests)
