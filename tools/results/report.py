"""docs/results.md and the table of the README, written from results alone."""

from __future__ import annotations

import math
import statistics
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable

from marginalia.core.errors import InputError
from tools.results.collect import Result, without_result
from tools.results.plan import HELD_OUT, NORMALISED, SCALE, SHORT, Trial, matched_margins

BEGIN, END = "<!-- results: written by make results -->", "<!-- end of results -->"
Column = tuple[str, Callable[[Result], str]]


def percent(name: str) -> Callable[[Result], str]:
    """A share in percent, with its standard deviation where there are several seeds."""
    return lambda result: with_deviation(100 * result.mean(name), 100 * result.deviation(name), 2)


def number(name: str, digits: int) -> Callable[[Result], str]:
    return lambda result: with_deviation(result.mean(name), result.deviation(name), digits)


def margin_kept(result: Result) -> str:
    """Share of training images that satisfy the margin; "-" where nothing is asked for beyond the right answer."""
    return percent("train_margin_accuracy")(result) if result.margin else "-"


def with_deviation(mean: float, deviation: float, digits: int) -> str:
    if math.isnan(mean):
        return "-"
    return f"{mean:.{digits}f}" + ("" if math.isnan(deviation) else f" ± {deviation:.{digits}f}")


MADE_WITH = ("machine", "torch", "python", "device", "precision")
LOSS: Column = ("loss", lambda result: result.lossname)
SEEDS: Column = ("seeds", lambda result: ", ".join(map(str, result.seeds)))
TEST: Column = ("test accuracy, %", percent("test_accuracy"))
GEOMETRY: list[Column] = [
    ("margin kept, train, %", margin_kept),
    ("angle to own weight, mean", number("test_angle", 1)),
    ("95 % within", number("test_angle_95", 1)),
    ("between / within", number("test_scatter_ratio", 0)),
    ("nearest centres apart", number("centre_gap", 1)),
]
OPEN: list[Column] = [
    ("held-out against held-out: AUC", number("held_out_auc", 3)),
    ("EER, %", percent("held_out_eer")),
    ("held-out against trained: AUC", number("open_auc", 3)),
    ("EER, % ", percent("open_eer")),
]


def table(columns: list[Column], results: Iterable[Result]) -> str:
    lines = [[title for title, _ in columns], ["---"] * len(columns)]
    lines += [[cell(result) for _, cell in columns] for result in results]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def page(results: list[Result], trials: list[Trial]) -> str:
    """docs/results.md: the results, and which of the trials have none yet."""
    parts: dict[str, list[Result]] = {}
    for result in results:
        parts.setdefault(result.part, []).append(result)
    sections = ["# Results\n\n" + opening(results)]
    for title, part, text, columns in SECTIONS:
        if part in parts:
            sections.append(f"## {title}\n\n{wrapped(text)}\n\n{table(columns, parts[part])}")
    if matched := at_one_scale(results):
        sections.append(f"## {SCALE_TITLE}\n\n{wrapped(SCALE_TEXT)}\n\n{table(USUAL, matched)}")
    if missing := without_result(trials, results):
        counts = Counter(f"{trial.lossname} ({trial.part})" for trial in missing)
        names = ", ".join(name + (f" x {count}" if count > 1 else "") for name, count in counts.items())
        sections.append(f"## Not measured yet\n\n{wrapped(names)}")
    return "\n\n".join(sections) + "\n"


def opening(results: list[Result]) -> str:
    runs = [made_with for result in results for made_with in result.made_with]
    made_with = {key: sorted({run[key] for run in runs if key in run}) for key in MADE_WITH}
    places = "; ".join(f"{key} {', '.join(values)}" for key, values in made_with.items())
    paragraphs = [wrapped(text) for text in (OPENING, f"Made with {places}.", COLUMNS)]
    return "\n\n".join([*paragraphs, "![Test accuracy against epochs](results.png)"])


def wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120)


def at_one_scale(results: list[Result]) -> list[Result]:
    """The normalised losses at s = SCALE: norm-softmax trained at it, the others' presets, which have it already."""
    chosen = [result for result in results if result.part == "scale"]
    if not chosen:
        return []
    presets = {result.lossname: result for result in results if result.part == "presets"}
    return chosen + [presets[name] for name in NORMALISED[1:] if name in presets]


def epochs_to_98(result: Result) -> str:
    known = [value for value in result.epochs_to_98 if value is not None]
    if len(known) < len(result.epochs_to_98):
        return f"not in {len(result.epochs_to_98) - len(known)} of {len(result.epochs_to_98)} runs"
    return with_deviation(statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else math.nan, 2)


def margin_in_words(result: Result) -> str:
    named = {"m1": "m1 theta", "m3": "cos(theta) - m3", "m2": "cos(theta + m2)"}
    return next(f"{text}, {key} = {result.settings[key]:g}" for key, text in named.items() if key in result.settings)


OPENING = """
Written by `make results` from the runs themselves; not edited by hand. Every figure is of the last epoch, not of the
best one; accuracies are of MNIST's test images with two-dimensional features. ± is the sample standard deviation over
the seeds of a row.
"""
COLUMNS = """
In the words of [metrics.md](metrics.md): *margin kept* is `train_margin_accuracy`; *angle to own weight* is
`test_angle` and *95 % within* `test_angle_95`, in degrees between a feature and the weight of its class, which need
not point at the middle of its class (softmax's do not); *between / within* is `test_scatter_ratio`, larger where
classes are tighter for their distance; *nearest centres apart* is `centre_gap`, in degrees, 36 at most for ten classes.
Where a mean is larger than what 95 % are within, a few images lie far away.
"""
PRESETS_TEXT = """
LeNet++, 20 epochs. CosFace_v2 asks for more than ten classes can have, since 1 - cos 36° = 0.19 is less than m3 = 0.2:
few images keep its margin.
"""
SCALE_TITLE = f"One scale, s = {SCALE:g}"
SCALE_TEXT = f"""
Scale and margin are easily confounded: norm-softmax has s = 1, the presets of CosFace and ArcFace have s = 4. Here
all of them have s = {SCALE:g} (`--match-scale {SCALE:g}`), so that they differ in the margin alone; 20 epochs.
"""
OPEN_TEXT = f"""
The classes {" and ".join(HELD_OUT)} are held out of training (`--holdout`); LeNet++, {SHORT} epochs. Verification of
test images by the cosine of their features; test accuracy is that of the eight classes trained.
"""
DIFFICULTY_TEXT = f"""
Epochs until 98 % of the test images are right, looked at ten times an epoch, in runs of three epochs and three seeds.
All with normalised weights and features and s = {SCALE:g}, and with margins that leave each class the same angle
between its neighbours at 36 degrees, where they start: {(36 - math.degrees(matched_margins()["m2"])) / 2:.1f} degrees
to either side.
"""
DIFFICULTY: list[Column] = [
    ("margin", margin_in_words),
    ("epochs to 98 %", epochs_to_98),
    ("test accuracy after 3, %", percent("test_accuracy")),
    ("margin kept, train, %", margin_kept),
    SEEDS,
]
USUAL = [LOSS, TEST, *GEOMETRY, SEEDS]
SECTIONS: list[tuple[str, str, str, list[Column]]] = [
    ("The presets", "presets", PRESETS_TEXT, USUAL),
    ("MiniResNet18", "MiniResNet18", f"The other encoder, {SHORT} epochs.", USUAL),
    ("Further heads", "further heads", f"LeNet++, {SHORT} epochs; the heads of [losses.md](losses.md).", USUAL),
    ("Open set", "open set", OPEN_TEXT, [LOSS, *OPEN, TEST, SEEDS]),
    ("Order of difficulty", "difficulty", DIFFICULTY_TEXT, DIFFICULTY),
]


def readme_table(results: list[Result]) -> str:
    """What the README shows: the presets."""
    columns = [LOSS, TEST, GEOMETRY[1], GEOMETRY[4]]
    return table(columns, [result for result in results if result.part == "presets"])


def with_table(readme: str, results: list[Result]) -> str:
    """The README's text with its table renewed between the marks; InputError if it lacks one of them."""
    before, _, rest = readme.partition(BEGIN)
    if END not in rest:
        raise InputError(f"README.md needs the lines {BEGIN!r} and {END!r}, between which the table stands")
    return f"{before}{BEGIN}\n{readme_table(results)}\n{END}{rest.partition(END)[2]}"
