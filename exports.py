"""What create_gif.py draws from several runs or from none: comparisons, sweeps, figures of the theory, decks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from errors import InputError
from files import write_whole
from losses.margin import MarginSpec
from training.config import ALL, ConfigFile
from training.naming import folder_name
from training.snapshot import Run, SplitName
from training.store import read_description, read_run
from viz.compare import FEWEST, MOST, Compare
from viz.movie import Timing, draw_comparison
from viz.style import Style

Epochs = tuple[float, float | None]


def run_folder(outputs: Path, name: str) -> Path:
    """The run's folder inside `outputs`; InputError naming the runs there are if it is not one of them."""
    if name not in runs_in(outputs):
        raise InputError(f"no run {name!r} in {outputs}; {runs_there(outputs)}")
    return outputs / name


def runs_in(outputs: Path) -> list[str]:
    return sorted(path.parent.name for path in outputs.glob("*/run.json"))


def runs_there(outputs: Path) -> str:
    runs = runs_in(outputs)
    return f"there are: {', '.join(runs)}" if runs else "train one with: python main.py --lossname …"


def snapshot_span(run: Run, epochs: Epochs) -> range:
    """Numbers of the snapshots from the first to the last of these epochs, both included; None is the run's last."""
    there = [snapshot.epoch for snapshot in run.snapshots]
    start, end = epochs[0], there[-1] if epochs[1] is None else epochs[1]
    inside = [number for number, epoch in enumerate(there) if start <= epoch <= end]
    if not inside:
        raise InputError(
            f"no snapshot between epochs {start:g} and {end:g}; {run.name} goes from {there[0]:g} to {there[-1]:g}"
        )
    return range(inside[0], inside[-1] + 1)


def between_epochs(run: Run, epochs: Epochs) -> Run:
    span = snapshot_span(run, epochs)
    return replace(run, snapshots=run.snapshots[span.start : span.stop])


def compare(
    names: Sequence[str], outputs: Path, splits: Sequence[SplitName], style: Style, timing: Timing, kind: str,
    epochs: Epochs,
) -> list[Path]:  # fmt: skip
    """OUTPUTS/comparisons/A-vs-B_SPLIT.gif; their paths."""
    require_panes(len(names))
    runs = [between_epochs(read_run(run_folder(outputs, name)), epochs) for name in names]
    stem = folder_name("-vs-".join(names))
    return draw_panes(runs, [], outputs, stem, splits, style, timing, kind)


def sweep(
    name: str, setting: str, outputs: Path, splits: Sequence[SplitName], style: Style, timing: Timing, kind: str,
    epochs: Epochs,
) -> list[Path]:  # fmt: skip
    """The runs that differ from this one in a single number of the loss, in its order, side by side."""
    base = read_run(run_folder(outputs, name))
    found: dict[float, Run] = {}
    for other in runs_in(outputs):
        run = read_run(outputs / other)
        value = getattr(run.spec, setting)
        alike = replace(run.spec, **{setting: getattr(base.spec, setting)}) == base.spec
        if alike and run.snapshots[-1].epoch == base.snapshots[-1].epoch and run.class_names == base.class_names:
            found[value] = base if run.name == base.name else found.get(value, run)
    if not FEWEST <= len(found) <= MOST:
        raise InputError(
            f"{len(found)} run(s) like {name} with another {setting} and as many epochs; {FEWEST} to {MOST} can stand "
            f"side by side; train one with: python main.py --lossname {base.lossname} --{setting} …"
        )
    runs = [between_epochs(found[value], epochs) for value in sorted(found)]
    symbol = "s" if setting == "s" else f"$m_{setting[1]}$"
    titles = [f"{symbol} = {value:g}" for value in sorted(found)]
    return draw_panes(runs, titles, outputs, folder_name(f"{name}_by_{setting}"), splits, style, timing, kind)


def draw_panes(
    runs: Sequence[Run], titles: Sequence[str], outputs: Path, stem: str,
    splits: Sequence[SplitName], style: Style, timing: Timing, kind: str,
) -> list[Path]:  # fmt: skip
    paths = [outputs / "comparisons" / f"{stem}_{split}.{kind}" for split in splits]
    for split, path in zip(splits, paths, strict=True):
        draw_comparison(Compare(runs, split, style, titles, timing.between), path, timing)
    return paths


def require_panes(count: int) -> None:
    if not FEWEST <= count <= MOST:
        raise InputError(f"--compare is there {count} time(s); {FEWEST} to {MOST} runs can stand side by side")


def figures(name: str, lossnames: Sequence[str], config: ConfigFile, outputs: Path, style: Style) -> list[Path]:
    """OUTPUTS/figures/NAME.png, .svg and .pdf, or all figures; with the runs there are of the losses shown."""
    from viz.figures import FIGURES
    from viz.theory import draw_figure

    if name != ALL and name not in FIGURES:
        raise InputError(f"no figure {name!r}; there are: {', '.join(FIGURES)}, {ALL}")
    paths = []
    for chosen in FIGURES if name == ALL else (name,):
        losses = list(config.losses) if ALL in lossnames else lossnames or FIGURES[chosen].LOSSES
        presets = {loss: config.margin(loss) for loss in losses}
        paths += draw_figure(chosen, outputs / "figures", style, presets, trained(presets, outputs))
    return paths


def trained(presets: dict[str, MarginSpec], outputs: Path) -> dict[str, Run]:
    """The finished 2-D runs of these presets, by the name of the loss."""
    runs = {}
    for loss in presets:
        if loss in runs_in(outputs) and read_description(outputs / loss)["finished"]:
            run = read_run(outputs / loss)
            if run.spec == presets[loss] and run.snapshots[0].class_weights.shape[1] == 2:
                runs[loss] = run
    return runs


def deck(lossnames: Sequence[str], config: ConfigFile, outputs: Path, path: Path, style: Style, timing: Timing) -> str:
    """A PowerPoint file of these runs; what was written and what was left out, in words."""
    from viz.deck import deck_bytes

    if path.suffix != ".pptx":
        raise InputError(f"--deck {path} must end with .pptx")
    wanted = list(config.losses) if ALL in lossnames or not lossnames else list(dict.fromkeys(lossnames))
    there = [name for name in wanted if name in runs_in(outputs)]
    missing = [name for name in wanted if name not in there]
    if not there or (missing and ALL not in lossnames and lossnames):
        raise InputError(f"no run {', '.join(missing)} in {outputs}; {runs_there(outputs)}")
    runs = [read_run(outputs / name) for name in there]
    comparison = Compare(runs[:MOST], "test", style) if len(runs) >= FEWEST else None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, deck_bytes(runs, comparison, config.losses, style, timing))
    return f"{path}" + (f" (not trained yet, left out: {', '.join(missing)})" if missing else "")
