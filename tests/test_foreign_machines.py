"""What other machines bring along: encodings of the output, settings of matplotlib, names of folders."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from xml.dom import minidom

import matplotlib
import numpy as np
import pytest

from marginalia.cli.draw import draw
from marginalia.faces.roc_plot import RocSheet
from marginalia.faces.tsne import Walk
from marginalia.faces.tsne_sheet import TsneSheet
from marginalia.faces.verify_sheet import VerifySheet
from marginalia.papers import figure
from marginalia.papers.paper_sheet import PaperSheet
from marginalia.training.roc import roc
from marginalia.viz.angle_plane import AnglePlane
from marginalia.viz.compare import Compare
from marginalia.viz.frames import Plain, SquareFrame
from marginalia.viz.sheet import RunSheet, Sheet, SpaceSheet
from marginalia.viz.slide import Slide
from marginalia.viz.style import Style
from marginalia.viz.theory import draw_figure
from marginalia.viz.training_sheet import Curve, TrainingSheet

from .conftest import ROOT
from .made_up import made_up_run, save
from .test_papers import runs_of

HOSTILE = {
    "text.usetex": True, "savefig.facecolor": "black", "savefig.bbox": "tight", "savefig.dpi": 30, "hatch.linewidth": 6,
    "lines.antialiased": False, "patch.antialiased": False, "text.antialiased": False, "path.sketch": (1, 100, 2),
    "font.family": ["serif"], "font.size": 31, "font.weight": "bold", "axes.facecolor": "red",
    "figure.facecolor": "red", "text.color": "red", "axes.grid": True, "svg.fonttype": "none", "axes.linewidth": 9,
    "xtick.direction": "in", "xtick.major.size": 30, "mathtext.fontset": "stix", "axes.unicode_minus": False,
    "figure.autolayout": True, "figure.constrained_layout.use": True, "lines.markersize": 30, "lines.linewidth": 9,
    "text.hinting": "none", "path.snap": False, "image.composite_image": False,
    "savefig.transparent": True, "axes.spines.left": False,
    "svg.hashsalt": "mine", "markers.fillstyle": "none", "legend.fontsize": 40,
}  # fmt: skip


def run_of(config_file, **more):
    return made_up_run(config_file, snapshots=2, count=60, **more)


def compare(config_file, style):
    return Compare([run_of(config_file), run_of(config_file, lossname="softmax")], "test", style)


def tsne(config_file, style):
    positions = np.random.default_rng(0).normal(size=(2, 12, 2)).astype(np.float32)
    return TsneSheet(Walk(positions, (0, 10)), np.arange(12) % 3, ("a", "b", "c"), "title", "note", style)


def curve(config_file, style):
    return RocSheet({"model": roc(np.linspace(0, 1, 40), np.arange(40) % 3 == 0)}, style)


def training(config_file, style):
    losses = Curve(np.arange(5.0), np.arange(5.0, 0, -1), "1.0")
    return TrainingSheet({"loss": losses}, "CosFace", "conv4", run_of(config_file), "test", style)


def paper(config_file, style):
    return PaperSheet(figure("collapse"), runs_of(figure("collapse"), config_file), style)


def verify(config_file, style):
    crop = np.arange(112 * 96 * 3, dtype=np.uint8).reshape(112, 96, 3)
    return VerifySheet([("a.jpg", crop), ("b.jpg", crop[::-1])], "two people", "score 0.1", style)


SHEETS = {
    SquareFrame: lambda config_file, style: SquareFrame(run_of(config_file), "test", style),
    Plain: lambda config_file, style: Plain(run_of(config_file), "test", style),
    Slide: lambda config_file, style: Slide(run_of(config_file), "test", style),
    AnglePlane: lambda config_file, style: AnglePlane(run_of(config_file), "test", style),
    Compare: compare, TsneSheet: tsne, RocSheet: curve, TrainingSheet: training, VerifySheet: verify,
    PaperSheet: paper,
}  # fmt: skip


@pytest.mark.parametrize("kind", SHEETS)
def test_the_users_settings_of_matplotlib_change_no_picture(config_file, kind):
    def drawn() -> list[bytes]:
        sheet = SHEETS[kind](config_file, Style(size=240))
        return [sheet.image(sheet.count - 1).tobytes(), *(sheet.file(0, name) for name in ("png", "svg"))]

    ours = drawn()
    with matplotlib.rc_context(HOSTILE):
        assert drawn() == ours
        changed = {key: value for key, value in HOSTILE.items() if matplotlib.rcParams[key] != value}
        assert changed == {}, "the user's settings are there again"


def test_every_sheet_is_tried():
    bases = (Sheet, RunSheet, SpaceSheet)
    assert {sheet for base in bases for sheet in base.__subclasses__()} - set(bases) == set(SHEETS)


@pytest.mark.parametrize("figure", ["plane", "target-logits"])
def test_nor_do_they_change_a_figure(config_file, tmp_path, figure):
    presets = {"CosFace_v1": config_file.margin("CosFace_v1")}
    ours = [path.read_bytes() for path in draw_figure(figure, tmp_path, Style(size=240), presets, {})]
    with matplotlib.rc_context(HOSTILE):
        assert [path.read_bytes() for path in draw_figure(figure, tmp_path, Style(size=240), presets, {})] == ours


def test_a_matplotlibrc_of_the_user_leaves_the_command_alone(config_file, tmp_path):
    save(run_of(config_file), tmp_path / "outputs" / "one")
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nsavefig.facecolor: black\nfont.size: 30\n")
    command = [
        sys.executable,
        "create_gif.py",
        "--lossname",
        "one",
        "--outputs",
        tmp_path / "outputs",
        "--split",
        "test",
    ]
    seen = []
    for more in ({}, {"MATPLOTLIBRC": str(tmp_path)}):
        done = subprocess.run(command, cwd=ROOT, env=os.environ | more, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        seen.append((tmp_path / "outputs" / "one" / "test.gif").read_bytes())
    assert seen[0] == seen[1]


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "latin-1", "ascii", "utf-8"])
@pytest.mark.usefixtures("any_bytes")
def test_names_that_the_output_has_no_signs_for_are_escaped(run, monkeypatch, config_file, tmp_path, encoding):
    """As when the output goes into a file on Windows: a folder фото, and one of bytes that are no UTF-8."""
    outputs = tmp_path / os.fsdecode("фото ".encode() + b"caf\xe9")
    save(run_of(config_file), outputs / "one")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding, errors="strict"))
    with pytest.raises(SystemExit) as leaving:
        from marginalia.cli.command_line import run_command

        monkeypatch.setattr(
            sys, "argv", ["create_gif.py", "--lossname", "one", "--outputs", str(outputs), "--size", "200"]
        )
        run_command(draw)
    sys.stdout.flush()
    assert leaving.value.code == 0
    told_as = "utf-8" if encoding == "ascii" else encoding  # click writes UTF-8 where no encoding was chosen
    text = written.getvalue().decode(told_as)
    assert text.count("\n") == 2
    assert ("фото" if told_as == "utf-8" else "\\u0444\\u043e\\u0442\\u043e") in text
    assert encoding == "ascii" or "caf\\udce9" in text
    assert all((outputs / "one" / f"{split}.gif").exists() for split in ("train", "test"))


@pytest.mark.parametrize(
    "machine", [{"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
def test_an_error_that_the_output_has_no_signs_for(machine):
    command = [sys.executable, "create_gif.py", "--lossname", "фото", "--outputs", "нет"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | machine, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.startswith(b"error: no run ")


def test_a_list_of_names_with_accents_where_the_locale_is_ascii(noise_album, tmp_path):
    (tmp_path / "names.txt").write_text("José\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "marginalia",
        "faces",
        "train",
        "--data",
        noise_album,
        "--exclude",
        tmp_path / "names.txt",
    ]
    machine = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | machine, capture_output=True)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"1 of 1 names match nobody" in done.stderr


def test_a_class_of_any_name_is_drawn_and_its_svg_is_xml(config_file, tmp_path):
    names = ("a\x07b", "caf\udce9", "\ud800", "x\ufffe", "中文", "<&>", "--", "$x$", "\u2028", "é")
    run = run_of(config_file, names=names)
    for kind in (SquareFrame, Slide):
        assert root_of(kind(run, "test", Style(size=240)).file(1, "svg")) == "svg"
    assert root_of(Compare([run, run_of(config_file)], "test", Style(size=240)).file(1, "svg")) == "svg"


def root_of(xml: bytes) -> str:
    return minidom.parseString(xml).documentElement.tagName


@pytest.mark.usefixtures("any_bytes")
def test_a_data_set_of_any_names_from_training_to_the_page(run, monkeypatch, digit_folder, tmp_path):
    """Names of old ZIPs, control characters and long names, with classes held out."""
    monkeypatch.chdir(ROOT)
    root = os.fsencode(tmp_path / "data")
    for name in (b"caf\xe9", b"a\x07b", b"character_01", b"character_02"):
        shutil.copytree(os.fsencode(digit_folder / "one"), root + b"/" + name)
    code, out, err = run(
        "main.py", "--lossname", "CosFace_v1", "--dataset", f"folder:{tmp_path / 'data'}", "--epochs", 1,
        "--batch-size", 32, "--outputs", tmp_path / "outputs", "--holdout", "caf\\xe9",
    )  # fmt: skip
    assert (code, err) == (0, "")
    (page,) = (tmp_path / "outputs").glob("*/index.html")
    assert "a\\\\x07b" in page.read_text()
    assert str(page) in out


def test_badges_with_long_names_leave_the_captions_free(config_file):
    """Around the whole circle, whatever way the classes point."""
    names = tuple(f"character_{number}" for number in range(10))
    page = SquareFrame(run_of(config_file, names=names), "test", Style())
    page.image(1)
    top, foot = page.note.get_window_extent().y0, page.figure.bbox.height * page.time.y
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        for badge in page.scatter.badges.badges:
            x, y = 0.93 * page.scatter.reach * np.array((np.cos(angle), np.sin(angle)))
            badge.set_position((x, y))
            box = badge.get_bbox_patch().get_window_extent()
            assert foot < box.y0 < box.y1 < top
