"""create_gif.py as people type it: comparisons, sweeps, figures and decks, and what it says when it cannot."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pptx import Presentation
from pptx.util import Pt

from marginalia.viz.figures import FIGURES

from .conftest import ROOT
from .made_up import made_up_run, save

LOSSES = ("softmax", "CosFace_v1", "ArcFace_v3")


@pytest.fixture
def outputs(config_file, tmp_path):
    for lossname in LOSSES:
        save(made_up_run(config_file, lossname, snapshots=3, count=100), tmp_path / lossname)
    for m3 in (0.0, 0.3):
        base = made_up_run(config_file, snapshots=3, count=100)
        name = f"CosFace_v1_m3-{m3:g}"
        save(replace(base, name=name, spec=replace(base.spec, m3=m3)), tmp_path / name)
    return tmp_path


@pytest.fixture
def draw(run, outputs):
    def call(*arguments: object) -> tuple[int, str, str]:
        return run("create_gif.py", *arguments, "--outputs", outputs, "--config", ROOT / "config.json")

    return call


def test_a_comparison(draw, outputs):
    code, out, _ = draw("--compare", "softmax", "--compare", "CosFace_v1", "--split", "test")
    path = outputs / "comparisons" / "softmax-vs-CosFace_v1_test.gif"
    assert (code, out) == (0, f"{path}\n")
    with Image.open(path) as movie:
        assert (movie.size, movie.n_frames) == ((1280, 720), 3)


def test_a_sweep_finds_the_runs_that_differ_in_one_number(draw, outputs):
    code, out, _ = draw("--lossname", "CosFace_v1", "--sweep", "m3", "--split", "test", "--format", "webp")
    assert (code, out) == (0, f"{outputs / 'comparisons' / 'CosFace_v1_by_m3_test.webp'}\n")
    code, _, err = draw("--lossname", "ArcFace_v3", "--sweep", "m1")
    assert code == 2
    assert "--lossname ArcFace_v3 --m1" in err


def test_slides_and_stills(draw, outputs):
    code, out, _ = draw("--lossname", "softmax", "--lossname", "CosFace_v1", "--layout", "slide", "--split", "test")
    assert code == 0
    assert out.splitlines() == [str(outputs / name / "slide_test.gif") for name in ("softmax", "CosFace_v1")]
    assert draw("--lossname", "softmax", "--format", "pdf", "--end-epoch", "1")[0] == 0
    assert (outputs / "softmax" / "test_epoch_01.pdf").exists()


@pytest.mark.parametrize("options", [("--view", "circle"), ("--view", "both", "--overlay", "centres"), ("--tween", 2)])
def test_other_views(draw, outputs, options):
    for layout in ("square", "slide", "plain"):
        assert draw("--lossname", "ArcFace_v3", "--split", "test", "--layout", layout, *options)[0] == 0


def test_figures(draw, outputs):
    code, out, _ = draw("--figure", "all", "--theme", "dark")
    assert code == 0
    assert len(out.splitlines()) == 3 * len(FIGURES)
    assert all(Path(line).stat().st_size > 5000 for line in out.splitlines())


def test_a_deck_can_be_opened_and_edited(draw, outputs):
    path = outputs / "losses.pptx"
    code, out, _ = draw("--deck", path, "--lossname", "all")
    assert code == 0
    assert "left out: L-softmax_v1" in out
    slides = list(Presentation(path).slides)
    titles = [slide.shapes.title.text for slide in slides]
    theory = [figure.TITLE for figure in FIGURES.values()]
    assert titles == ["What a margin does to features", *LOSSES, "Side by side", "In numbers", *theory]
    for slide, name in zip(slides[1:4], LOSSES, strict=True):
        (picture,) = (shape for shape in slide.shapes if shape.shape_type == 13)
        with Image.open(io.BytesIO(picture.image.blob)) as movie:
            assert movie.n_frames == 3
        text = " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert "test accuracy" in text
        assert "cos" in text
        assert "\u1d67" not in text
        assert name in picture._element.nvPicPr.cNvPr.get("descr")
    for slide in slides:
        frames = [shape.text_frame for shape in slide.shapes if shape.has_text_frame]
        tables = [shape.table for shape in slide.shapes if shape.has_table]
        frames += [cell.text_frame for table in tables for row in table.rows for cell in row.cells]
        assert min(p.font.size for frame in frames for p in frame.paragraphs if p.text) >= Pt(18)
    if shutil.which("soffice"):
        office = ["soffice", "--headless", f"-env:UserInstallation=file://{outputs}/office", "--convert-to", "pdf"]
        subprocess.run([*office, "--outdir", str(outputs), str(path)], check=True, capture_output=True)
        pages = re.findall(rb"/Type\s*/Page[^s]", path.with_suffix(".pdf").read_bytes())
        assert len(pages) == len(slides)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--compare", "softmax"), "2 to 12"),
        (("--compare", "softmax", "--compare", "nothing"), "no run 'nothing'"),
        (("--compare", "softmax", "--compare", "CosFace_v1", "--format", "png"), "--format gif"),
        (("--figure", "nothing"), "target-logits"),
        (("--figure", "plane", "--lossname", "nothing"), "unknown loss"),
        (("--deck", "losses.ppt", "--lossname", "all"), ".pptx"),
        (("--deck", "losses.pptx", "--lossname", "nothing"), "no finished run nothing"),
        (("--figure", "plane", "--lossname", "all"), "room for 6"),
        (("--figure", "plane", "--lossname", "MagFace"), "no loss of AngleLinear"),
        (("--figure", "plane", "--deck", "x.pptx"), "one at a time"),
        (("--compare", "softmax", "--compare", "CosFace_v1", "--lossname", "softmax"), "leave --lossname away"),
        (("--sweep", "m3", "--lossname", "softmax", "--lossname", "CosFace_v1"), "once"),
        (("--lossname", "softmax", "--tween", "50"), "at least 0.02 s"),
        (("--lossname", "softmax", "--palette", "mud"), "petroff10"),
        (("--lossname", "softmax", "--transparent"), "--format png"),
        (("--split", "test"), "--lossname is missing"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(draw, arguments, part):
    code, _, err = draw(*arguments)
    assert code == 2
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert part in err
