"""A PowerPoint file: a title, a slide a loss, a comparison, the theory. All text can be edited."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot import Run
from marginalia.record.store import usual_split
from marginalia.viz.figures import FIGURES
from marginalia.viz.formula import as_text, in_training
from marginalia.viz.frames import Plain
from marginalia.viz.movie import movie_bytes
from marginalia.viz.numbers import in_degrees, in_percent
from marginalia.viz.projection import has_weights
from marginalia.viz.sheet import Sheet
from marginalia.viz.style import Style
from marginalia.viz.theory import headless_png
from marginalia.viz.timing import Timing

WIDE, HIGH = 13.333, 7.5
LEFT = 0.6
PANES = 10.6
READABLE = 18
SUBSCRIPT = "-25000"
MOVIE_LINES = 540
COLUMNS = ("loss", "test accuracy", "mean angle", "margin kept", "smallest gap")


class Deck:
    """Slides of 16:9 in one theme, built one after the other; `save()` gives the file's bytes."""

    def __init__(self, style: Style):
        self.style = style
        self.presentation = Presentation()
        self.presentation.slide_width, self.presentation.slide_height = Inches(WIDE), Inches(HIGH)

    def slide(self, title: str, size: int = 36) -> Any:
        """An empty slide under an editable title, which is also its name in the outline."""
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[5])
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = rgb(self.style.colors.background)
        shape = slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = Inches(LEFT), Inches(0.35), Inches(12.1), Inches(0.9)
        shape.text = printable(title)
        self.format(shape.text_frame.paragraphs[0], size, bold=True)
        return slide

    def text(self, slide: Any, lines: Sequence[str], place: tuple[float, float, float], size: int = 22) -> None:
        """Lines as paragraphs of one text box at (left, top, width) in inches."""
        left, top, width = place
        box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(0.6 * len(lines)))
        box.text_frame.word_wrap = True
        for number, line in enumerate(lines):
            paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
            for position, piece in enumerate(re.split(r"_(\w)", printable(line))):
                run = paragraph.add_run()
                run.text = piece
                if position % 2:
                    run.font._element.set("baseline", SUBSCRIPT)
            self.format(paragraph, size)

    def format(self, paragraph: Any, size: int, bold: bool = False) -> None:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.bold = Pt(size), bold
        paragraph.font.color.rgb = rgb(self.style.colors.ink)
        paragraph.space_after = Pt(8)

    def picture(self, slide: Any, image: bytes, alt: str, place: tuple[float, float, float]) -> None:
        """An image or a GIF at (left, top, width) in inches, with its alternative text."""
        left, top, width = place
        picture = slide.shapes.add_picture(io.BytesIO(image), Inches(left), Inches(top), width=Inches(width))
        picture._element.nvPicPr.cNvPr.set("descr", printable(alt))

    def table(self, slide: Any, rows: Sequence[Sequence[str]], place: tuple[float, float, float], size: int) -> None:
        left, top, width = place
        shape = slide.shapes.add_table(len(rows), len(rows[0]), Inches(left), Inches(top), Inches(width), Inches(0.4))
        for down, row in enumerate(rows):
            for across, content in enumerate(row):
                cell = shape.table.cell(down, across)
                cell.text = printable(content)
                paragraph = cell.text_frame.paragraphs[0]
                paragraph.font.size, paragraph.font.bold = Pt(size), down == 0

    def save(self) -> bytes:
        packed = io.BytesIO()
        self.presentation.save(packed)
        return packed.getvalue()


def printable(text: str) -> str:
    """The text without control characters, which XML does not allow."""
    return "".join(character for character in text if character.isprintable())


def rgb(color: str) -> RGBColor:
    return RGBColor.from_string(color.removeprefix("#").upper())


def deck_bytes(
    runs: Sequence[Run], comparisons: Sequence[Sheet], theory: Mapping[str, Mapping[str, MarginSpec]],
    measured: Mapping[str, Run], style: Style, timing: Timing,
) -> bytes:  # fmt: skip
    """The whole deck.

    comparisons: of the runs, each of some of them; none for a single run. theory: the presets that each figure shows;
    measured: runs of presets by the name of the loss.
    """
    deck = Deck(style)
    timing = replace(timing, between=0)
    add_title(deck, runs)
    for run in runs:
        add_run(deck, run, timing)
    if comparisons:
        add_comparison(deck, runs, comparisons, timing)
    add_theory(deck, theory, measured)
    return deck.save()


def add_title(deck: Deck, runs: Sequence[Run]) -> None:
    slide = deck.slide("What a margin does to features", 40)
    split, overlays = usual_split(runs[0]), deck.style.overlays
    points = runs[0].snapshots[-1].points(split)
    regions = {run.regions for run in runs}
    overlays = tuple(name for name in overlays if {
        "regions": regions != {"none"}, "margin": any(run.spec.has_margin for run in runs),
        "errors": points.predictions is not None,
    }.get(name, True))  # fmt: skip
    words = {
        "regions": "Pale sectors: what is decided for a class.",
        "margin": "Hatched: the margin, where training is not content yet.",
        "centres": "Crosses: the means of the classes.",
        "errors": "Ringed: wrong predictions.",
    }
    lines = [
        f"{len(runs)} losses, {len(runs[0].class_names)} classes",
        f"Every point is one of {len(points.labels):,} {split} images, coloured by its class.",
        f"Lines with badges: the class {'weights' if has_weights(runs[0]) else 'means'}.",
    ]
    deck.text(slide, lines + [words[name] for name in words if name in overlays], (LEFT, 1.9, 12), 26)


def add_run(deck: Deck, run: Run, timing: Timing) -> None:
    """The moving picture on the left, the loss in words and numbers on the right."""
    slide = deck.slide(run.name)
    split = usual_split(run)
    gif = movie_bytes(Plain(run, split, replace(deck.style, size=MOVIE_LINES)), timing, "gif", last_first=True)
    deck.picture(slide, gif, f"{run.name}: {split} features, epoch by epoch", (LEFT, 1.3, 5.9))
    last, spec = run.snapshots[-1], run.spec
    accuracy, angle = last.points(split).accuracy, last.metric(f"{split}_angle")
    gap = last.metric("centre_gap")
    lines = [
        *map(as_text, in_training(run)),
        *(["(cos goes on falling beyond 180°)"] if spec.is_angular else []),
        *([f"{split} accuracy {in_percent(accuracy)}"] if not math.isnan(accuracy) else []),
        *([f"mean angle to own class {in_degrees(angle)}"] if not math.isnan(angle) else []),
        *([f"margin kept by {kept(run)}"] if spec.has_margin else []),
        *([f"smallest class gap {in_degrees(gap)}"] if not math.isnan(gap) else []),
        f"epochs: {last.epoch:g}",
    ]
    deck.text(slide, lines, (6.9, 1.6, 6.0), 24)


def add_comparison(deck: Deck, runs: Sequence[Run], comparisons: Sequence[Sheet], timing: Timing) -> None:
    for sheet in comparisons:
        slide = deck.slide("Side by side")
        gif = movie_bytes(sheet, timing, "gif", last_first=True)
        deck.picture(slide, gif, "the losses side by side, epoch by epoch", ((WIDE - PANES) / 2, 1.3, PANES))
    slide = deck.slide("In numbers")
    rows = [COLUMNS]
    for run in runs:
        last, split = run.snapshots[-1], usual_split(run)
        angles = [in_degrees(last.metric(name)) for name in (f"{split}_angle", "centre_gap")]
        margin = kept(run) if run.spec.has_margin else "none"
        rows.append((run.name, in_percent(last.points(split).accuracy), angles[0], margin, angles[1]))
    deck.table(slide, rows, (LEFT, 1.4, 12.1), READABLE)


def kept(run: Run) -> str:
    """The share of test images that satisfy the margin."""
    return in_percent(run.snapshots[-1].metric("test_margin_accuracy"), 1)


def add_theory(deck: Deck, theory: Mapping[str, Mapping[str, MarginSpec]], measured: Mapping[str, Run]) -> None:
    for name, presets in theory.items():
        figure = FIGURES[name]
        slide = deck.slide(figure.TITLE)
        image = headless_png(name, deck.style, presets, measured)
        deck.picture(slide, image, f"{figure.TITLE}. {figure.LINE}", (1.1, 1.95, 11.1))
        deck.text(slide, [figure.LINE], (LEFT, 1.25, 12.1), 20)
