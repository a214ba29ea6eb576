"""What create_gif.py draws from several runs or from none: comparisons, sweeps, figures of the theory, decks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from marginalia.config.config_file import ConfigFile
from marginalia.config.naming import folder_name
from marginalia.config.run_config import ALL
from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.core.margin import MarginSpec, SampledMargin
from marginalia.core.user_code import is_user_code
from marginalia.record.description import Description, decisive
from marginalia.record.snapshot import Run, SplitName
from marginalia.record.store import read_description, read_run
from marginalia.viz.compare import FEWEST, MOST, Compare
from marginalia.viz.movie import draw_comparison
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

Epochs = tuple[float, float | None]
LONGEST_STEM = 90
PANES_OF_A_SLIDE = 6
HALF_A_HUNDREDTH = 0.005
SHOWS_RUNS = "target-logits"


@dataclass(frozen=True)
class RenderOptions:
    """How a movie is wanted. outputs: the folder of all runs; kind: gif, webp, apng or mp4; epochs: first and last."""

    outputs: Path
    splits: Sequence[SplitName]
    style: Style
    timing: Timing
    kind: str
    epochs: Epochs


def run_folder(outputs: Path, name: str) -> Path:
    """The run's folder inside `outputs`; InputError naming the runs there are if it is not one of them."""
    if name not in runs_in(outputs):
        raise InputError(f"no run {name!r} in {outputs}; {runs_there(outputs)}")
    return outputs / name


def runs_in(outputs: Path) -> list[str]:
    return sorted(path.parent.name for path in outputs.glob("*/run.json"))


def runs_there(outputs: Path) -> str:
    runs = runs_in(outputs)
    return f"there are: {', '.join(runs)}" if runs else "train one with: python -m marginalia train --lossname …"


def snapshot_span(run: Run, epochs: Epochs) -> range:
    """Numbers of the snapshots from the first to the last of these epochs, both included; None is the run's last."""
    there = [snapshot.epoch for snapshot in run.snapshots]
    start, end = epochs[0], there[-1] if epochs[1] is None else epochs[1]
    near = HALF_A_HUNDREDTH
    inside = [number for number, epoch in enumerate(there) if start - near <= epoch <= end + near]
    if not inside:
        raise InputError(
            f"no snapshot between epochs {start:g} and {end:g}; {run.name} goes from {there[0]:g} to {there[-1]:g}"
        )
    return range(inside[0], inside[-1] + 1)


def compare(names: Sequence[str], options: RenderOptions, mark: bool = False, plain: bool = False) -> list[Path]:
    """OUTPUTS/comparisons/A-vs-B_SPLIT.gif; their paths. mark, plain: see `Compare`."""
    if not FEWEST <= len(names) <= MOST:
        raise InputError(f"--compare is there {len(names)} time(s); {FEWEST} to {MOST} runs can stand side by side")
    runs = [read_run(run_folder(options.outputs, name)) for name in names]
    stem = folder_name("-vs-".join(names))
    if len(stem) > LONGEST_STEM:
        digest = hashlib.blake2b("/".join(names).encode(), digest_size=4).hexdigest()
        stem = folder_name(f"{names[0]}-vs-{len(names) - 1}-more_{digest}")
    return draw_panes(runs, [], stem, options, mark, plain)


def sweep(name: str, setting: str, options: RenderOptions, plain: bool = False) -> list[Path]:
    """The runs that differ from this one in a single number of the loss, in its order, side by side."""
    base = read_run(run_folder(options.outputs, name))
    if not hasattr(base.spec, setting):
        raise InputError(f"{name} has no {setting}; its loss is known by samples of psi and by s")
    wanted = likeness(read_description(options.outputs / name), setting)
    found = {getattr(base.spec, setting): name}
    for other in runs_in(options.outputs):
        try:
            content = read_description(options.outputs / other)
        except InputError:
            continue
        if content.finished and content.head and likeness(content, setting) == wanted:
            found.setdefault(getattr(content.head.spec, setting), other)
    if not FEWEST <= len(found) <= MOST:
        raise InputError(
            f"{len(found)} run(s) that differ from {name} in {setting} alone; {FEWEST} to {MOST} fit side by side; "
            f"train one with: python -m marginalia train --lossname {base.lossname} --{setting} …"
        )
    values = sorted(found)
    symbol = "s" if setting == "s" else f"$m_{setting[1]}$"
    runs = [base if found[value] == name else read_run(options.outputs / found[value]) for value in values]
    return draw_panes(
        runs, [f"{symbol} = {value:g}" for value in values], folder_name(f"{name}_by_{setting}"), options, plain=plain
    )


def likeness(description: Description, setting: str) -> tuple[Any, ...]:
    """What two runs must share to differ in this number of the loss alone."""
    content = decisive(description)
    margin, settings = (content["head"] or {}).get("spec", {}), dict(content["settings"])
    if isinstance(settings.get("head"), dict):
        settings["head"] = {key: value for key, value in settings["head"].items() if key != setting}
    margin = {key: value for key, value in margin.items() if key != setting}
    return margin, settings, content["images"], content["class_names"]


def draw_panes(
    runs: Sequence[Run],
    titles: Sequence[str],
    stem: str,
    options: RenderOptions,
    mark: bool = False,
    plain: bool = False,
) -> list[Path]:
    """The runs between the epochs asked for, in limits that hold just these, one movie a split."""
    spans = [snapshot_span(run, options.epochs) for run in runs]
    cut = [replace(run, snapshots=run.snapshots[span.start : span.stop]) for run, span in zip(runs, spans, strict=True)]
    stem = "plain_" * plain + "marked_" * mark + stem
    paths = [options.outputs / "comparisons" / f"{stem}_{split}.{options.kind}" for split in options.splits]
    for split, path in zip(options.splits, paths, strict=True):
        draw_comparison(
            Compare(cut, split, options.style, titles, options.timing.between, mark, plain), path, options.timing
        )
    return paths


def figures(name: str, lossnames: Sequence[str], config: ConfigFile, outputs: Path, style: Style) -> list[Path]:
    """OUTPUTS/figures/NAME.png, .svg and .pdf, or all figures; with the runs there are of the losses shown."""
    from marginalia.viz.figures import FIGURES
    from marginalia.viz.theory import draw_figure

    if name != ALL and name not in FIGURES:
        raise InputError(f"no figure {name!r}; there are: {', '.join(FIGURES)}, {ALL}")
    wanted = list(config.margins()) if ALL in lossnames else list(dict.fromkeys(lossnames))
    for chosen in FIGURES if name == ALL else (name,):
        if len(wanted) > FIGURES[chosen].MOST:
            raise InputError(
                f"{len(wanted)} losses are too many for {chosen}, which has room for {FIGURES[chosen].MOST}"
            )
    of_runs = [loss for loss in wanted if loss not in config.rows and (loss in runs_in(outputs) or is_user_code(loss))]
    sampled = {loss: sampled_margin(loss, outputs) for loss in of_runs}
    if sampled and name != SHOWS_RUNS:
        raise InputError(f"{', '.join(sampled)}: no preset; of its psi there is one figure, --figure {SHOWS_RUNS}")
    for loss in wanted:
        if loss not in sampled and config.loss(loss).name:
            raise InputError(f"{loss} is no loss of AngleLinear; the figures show psi, which it has none of")
    presets: dict[str, Any] = {loss: sampled.get(loss) or config.margin(loss) for loss in wanted} or config.margins()
    runs = trained(presets, outputs)
    paths = []
    for chosen in FIGURES if name == ALL else (name,):
        paths += draw_figure(chosen, outputs / "figures", style, shown_in(chosen, presets, bool(wanted)), runs)
    return paths


def sampled_margin(name: str, outputs: Path) -> SampledMargin:
    """The psi that a run of no preset has recorded. Raises InputError if there is none."""
    spec = read_run(run_folder(outputs, name)).spec
    if not isinstance(spec, SampledMargin):
        raise InputError(f"{name} has no psi of its own; the figures show presets and runs of a function psi")
    return spec


def shown_in(figure: str, presets: dict[str, MarginSpec], all_of_them: bool) -> dict[str, MarginSpec]:
    """The presets that a figure shows: those it is made for, or the first it has room for if there are none of them."""
    from marginalia.viz.figures import FIGURES

    usual = {loss: presets[loss] for loss in FIGURES[figure].LOSSES if loss in presets}
    return dict(list(presets.items())[: FIGURES[figure].MOST]) if all_of_them or not usual else usual


def trained(presets: dict[str, MarginSpec], outputs: Path) -> dict[str, Run]:
    """The finished 2-D runs of these presets, by the name of the loss."""
    runs = {}
    for loss in presets:
        if loss in runs_in(outputs) and read_description(outputs / loss).finished:
            run = read_run(outputs / loss)
            if run.spec == presets[loss] and run.dimension == 2:
                runs[loss] = run
    return runs


def deck(lossnames: Sequence[str], config: ConfigFile, path: Path, options: RenderOptions) -> str:
    """A PowerPoint file of these finished runs; what was written and what was left out, in words."""
    from marginalia.viz.deck import deck_bytes
    from marginalia.viz.figures import FIGURES

    if path.suffix != ".pptx":
        raise InputError(f"--deck {path} must end with .pptx")
    everything = ALL in lossnames or not lossnames
    wanted = list(config.rows) if everything else list(dict.fromkeys(lossnames))
    runs_here = runs_in(options.outputs)
    there = [name for name in wanted if name in runs_here and read_description(options.outputs / name).finished]
    missing = [name for name in wanted if name not in there]
    if not there or (missing and not everything):
        raise InputError(f"no finished run {', '.join(missing)} in {options.outputs}; {runs_there(options.outputs)}")
    if len(there) > MOST:
        raise InputError(f"{len(there)} losses are too many for one deck; {MOST} have room")
    runs = [read_run(options.outputs / name) for name in there]
    sheets = -(-len(runs) // PANES_OF_A_SLIDE) if len(runs) >= FEWEST else 0
    ends = [round(number * len(runs) / max(sheets, 1)) for number in range(sheets + 1)]
    comparisons = [Compare(runs[first:last], "test", options.style) for first, last in pairwise(ends)]
    presets = config.margins()
    theory = {name: shown_in(name, presets, False) for name in FIGURES}
    content = deck_bytes(runs, comparisons, theory, trained(presets, options.outputs), options.style, options.timing)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return f"{path}" + (f" (no finished run yet, left out: {', '.join(missing)})" if missing else "")
