"""The square frame: the scatter under a caption."""

from __future__ import annotations

from typing import Any

import numpy as np

from marginalia.core.margin import SampledMargin
from marginalia.record.snapshot import SPLITS, Points, Run, SplitName
from marginalia.viz.circle import Circle
from marginalia.viz.labels import shown
from marginalia.viz.numbers import in_epochs, in_percent
from marginalia.viz.projection import is_exact, note_of
from marginalia.viz.scatter import FAINT_RING, Scatter, has_lobes
from marginalia.viz.settings import our_settings
from marginalia.viz.sheet import LINES, Sheet, SpaceSheet, write
from marginalia.viz.style import Style
from marginalia.viz.time_line import TimeLine
from marginalia.viz.words import ENGLISH, Words

CAPTION, FOOT, NAMED_FOOT = 90, 56, 36
LEFT, RIGHT = 22, 698
LONGEST_TITLE, LONGEST_NUMBERS = 30, 36
MOST_LETTERS = 3
LONGEST_LISTED = 24
LONGEST_CLASS = 8


class SquareFrame(SpaceSheet):
    """A run, one frame a snapshot."""

    def __init__(self, run: Run, split: SplitName, style: Style):
        super().__init__(LINES, style, run, split)
        run = self.run
        top = LINES - CAPTION - (NAMED_FOOT if has_long_names(run) else 0)
        self.scatter = feature_space(self, (0, FOOT, LINES, top - FOOT), run, split)
        title = shown(run.lossname, LONGEST_TITLE)
        self.text(LEFT, 680, title, 22 * min(1, 18 / len(title)), fontweight="bold")
        self.text(LEFT, 647, numbers(run), 15 * min(1, LONGEST_NUMBERS / max(1, len(numbers(run)))), muted=True)
        self.epoch = self.text(RIGHT, 680, "", 22, fontweight="bold", ha="right")
        self.accuracy = self.text(RIGHT, 647, "", 18, ha="right")
        self.lengths = self.text(LEFT, LINES - CAPTION - 24, "", 14, muted=True)
        self.note = self.text(RIGHT, LINES - CAPTION - 24, "", 14, muted=True, ha="right")
        self.text(LEFT, 7, "     ".join(legend(run, split, style)), 14, muted=True)
        self.time = TimeLine(self, LEFT + 8, RIGHT - 10, 47, run) if len(run.snapshots) > 1 else None

    @our_settings()
    def widen(self, run: Run) -> None:
        """Takes other snapshots of the same run, in limits that hold those of before as well.

        A page that began with several has a time line, which knows no others.
        """
        self.run = run
        self.scatter.widen(run)

    def show(self, number: int) -> None:
        snapshot = self.run.snapshots[number]
        points = snapshot.points(self.split)
        self.scatter.show(snapshot, number * self.pace)
        write(self.epoch, self.say("epoch {}", in_epochs(snapshot.epoch)))
        write(self.accuracy, accuracy_in_words(points, self.run, self.split, self.say))
        if self.time is not None:
            self.time.show(snapshot)
        write(self.note, errors_in_words(points, self.scatter.rings, self.say))
        write(self.lengths, self.scatter.in_words(snapshot) if is_exact(self.run) else "")


class Plain(SpaceSheet):
    """Nothing but the feature space and the epoch, for slides with a text of their own."""

    def __init__(self, run: Run, split: SplitName, style: Style):
        super().__init__(LINES, style, run, split)
        run = self.run
        foot = NAMED_FOOT if has_long_names(run) else 0
        self.scatter = feature_space(self, (0, foot, LINES, LINES - foot), run, split)
        self.epoch = self.text(RIGHT, 16, "", 18, ha="right")

    def show(self, number: int) -> None:
        self.scatter.show(self.run.snapshots[number], number * self.pace)
        write(self.epoch, self.say("epoch {}", in_epochs(self.run.snapshots[number].epoch)))


def feature_space(sheet: Sheet, place: tuple[float, float, float, float], run: Run, split: SplitName) -> Any:
    """The scatter, or the unit circle alone if the style asks for it and the space is flat."""
    flat = run.dimension == 2
    kind = Circle if flat and sheet.style.view_of(run.spec) == "circle" else Scatter
    return kind(sheet.axes(*place), run, split, sheet.style)


def has_long_names(run: Run) -> bool:
    """Whether badges are so wide that they would cover the text at the foot."""
    return max(map(len, (*run.class_names, *run.held_out_names))) > MOST_LETTERS


def numbers(run: Run) -> str:
    """The loss in numbers, as in the table of losses; for a further head its name; "" for an unknown head."""
    if run.head is None:
        return ""
    spec = run.spec
    if run.regions == "polygons":
        return "logits w · x + b"
    if isinstance(spec, SampledMargin):
        return f"s = {spec.s:g}   margin of {run.head}"
    if run.head:
        return "drawn without margin" if run.lossname.startswith(run.head) else f"without margin: {run.head}"
    return f"s = {spec.s:g}   m₁ = {spec.m1:g}   m₂ = {spec.m2:g}   m₃ = {spec.m3:g}"


def name_of(split: SplitName, say: Words) -> str:
    """The split as captions name it; one of another record by its own name."""
    return say(split) if split in SPLITS else split


def accuracy_in_words(points: Points, run: Run, split: SplitName, say: Words) -> str:
    """The accuracy of the split, or its name alone where nothing was predicted; of some classes, with their names."""
    name = name_of(split, say)
    if getattr(run, "chosen", ()) and points.predictions is not None:
        return f"{shown(', '.join(run.class_names), LONGEST_LISTED)}: {in_percent(points.accuracy)}"
    return name if points.predictions is None else say("{} accuracy {}", name, in_percent(points.accuracy))


def errors_in_words(points: Points, rings: float, say: Words = ENGLISH) -> str:
    """The number of errors, with a note on the rings if they are dark enough to be seen."""
    if points.predictions is None:
        return say("{} points", f"{len(points.labels):,}")
    wrong = int(np.count_nonzero(points.wrong))
    caption = "ringed: {} wrong of {}" if rings > FAINT_RING else "{} wrong of {}"
    return say(caption, f"{wrong:,}", f"{len(points.labels):,}")


def legend(run: Run, split: SplitName, style: Style) -> list[str]:
    """Explains the marks that have no label."""
    flat, say = run.dimension == 2, style.words
    if note_of(run):
        return [note_of(run)]
    with_held_out = run.held_out_names and split == "test"
    if flat and style.view == "circle":
        words = [say("outlines: not trained")] if with_held_out else []
        words += [say("gaps: margin")] if run.spec.has_margin else []
        return [*words, say("lobes: % of a class per degree")]
    words = [say("crosses: not trained")] if with_held_out else []
    if flat and "margin" in style.overlays and run.spec.has_margin:
        words.append(say("hatched: margin"))
    if style.pull:
        words.append(say("arrows: pull on class {}", shown(style.pull, LONGEST_CLASS)))
    if has_lobes(run, style):
        words.append(say("lobes: % of a class per degree"))
    elif style.view_of(run.spec) in ("both", "circle"):
        words.append(say("circle: x / |x|" if flat else "sphere: x / |x|"))
    return words
