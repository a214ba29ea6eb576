"""Figures of papers: drawn for made-up runs, and one trained from the command line."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from marginalia.papers import NAMES, collapse, difficulty, figure, scale_floor
from marginalia.papers.paper_sheet import PaperSheet
from marginalia.papers.trained import Trained, monotone, with_trained_classes_alone
from marginalia.record.snapshot import HELD_OUT
from marginalia.viz.style import Style

from .made_up import made_up_run

MADE_UP = {"nc1": 0.5, "nc3": 0.2, "nc4": 0.9, "gnc2": 0.1, "loss_floor": 0.8}


def runs_of(module, config_file) -> Trained:
    runs = []
    for grid in module.GRIDS:
        for values in itertools.product(*grid.values(), (0, 1)):
            settings = dict(zip((*grid, "seed"), values, strict=True))
            run = made_up_run(config_file, dimension=settings.get("visual_dimension", 2), seed=settings["seed"])
            snapshots = [
                replace(snapshot, metrics=MADE_UP | dict(snapshot.metrics) | {"loss_floor": 0.8})
                for snapshot in run.snapshots
            ]
            runs.append((settings, replace(run, snapshots=tuple(snapshots))))
    return Trained(runs)


@pytest.mark.parametrize("name", NAMES)
def test_each_figure_has_a_claim_a_source_and_a_verdict(config_file, name):
    module = figure(name)
    trained = runs_of(module, config_file)
    sheet = PaperSheet(module, trained, Style(size=360))
    assert sheet.image(0).std() > 10
    words = " ".join(text.get_text() for text in sheet.figure.texts)
    for part in (module.TITLE, module.CLAIM.split()[-1], module.SOURCE.split()[0]):
        assert part in words
    assert module.verdict(trained).startswith(("Seen", "Not seen", "Not always seen"))
    boxes = [text.get_window_extent() for text in sheet.figure.texts]
    assert max(box.x1 for box in boxes) <= sheet.figure.bbox.width, "a line is wider than the sheet"
    assert min(box.y0 for box in boxes) >= 0, "the last line is below the sheet"
    lines = [text for text in sheet.figure.texts if text.get_position()[0] == sheet.figure.texts[0].get_position()[0]]
    titles = [ax.title for ax in sheet.figure.axes]
    for ax in sheet.figure.axes:
        words = {text: text.get_window_extent() for text in (*lines, *(set(titles) - {ax.title})) if text.get_text()}
        over = [text.get_text() for text, box in words.items() if box.overlaps(ax.get_tightbbox())]
        assert not over, "words lie on a picture"


def test_a_claim_is_seen_only_where_every_step_rises(config_file):
    def trained(*rows):
        runs = []
        for seed, values in enumerate(rows):
            for step, value in enumerate(values):
                run = made_up_run(config_file, snapshots=1)
                snapshot = replace(run.snapshots[0], metrics={"x": value})
                runs.append(({"m1": step, "seed": seed}, replace(run, snapshots=(snapshot,))))
        return Trained(runs)

    steps = [{"m1": step} for step in range(3)]
    assert monotone(trained((1, 2, 3), (4, 5, 6)), steps, "x", rises=True)[:2] == (2, 2)
    assert monotone(trained((1, 2, 3), (4, 6, 5)), steps, "x", rises=True)[:2] == (1, 2)
    assert monotone(trained((3, 2, 1)), steps, "x", rises=False)[:2] == (1, 1)


def test_collapse_is_seen_only_where_all_four_numbers_go_their_way(config_file):
    def trained(**ends):
        runs = []
        for loss in collapse.LOSSES:
            run = made_up_run(config_file, snapshots=2)
            goes = {"nc1": (2, 1), "nc3": (2, 1), "nc4": (0.8, 0.9), "gnc2": (0.1, 0.2)} | ends
            metrics = [{name: values[at] for name, values in goes.items()} for at in (0, 0, 1)]
            snapshots = [replace(run.snapshots[0], metrics=found) for found in metrics]
            runs.append(({"lossname": loss, "seed": 0}, replace(run, snapshots=tuple(snapshots))))
        return Trained(runs)

    assert collapse.verdict(trained()).startswith("Seen.")
    told = collapse.verdict(trained(gnc2=(0.2, 0.1)))
    assert told.startswith("Not always seen.")
    assert told.endswith("GNC2 none.")


def with_metric(config_file, name, *rows):
    """A run of one seed whose snapshots have these values at the epochs 0, 1, …"""
    run = made_up_run(config_file, snapshots=len(rows))
    snapshots = [replace(s, metrics={name: value}) for s, value in zip(run.snapshots, rows, strict=True)]
    return replace(run, snapshots=tuple(snapshots))


def test_a_margin_that_never_gets_there_is_the_hardest(config_file):
    losses = [loss for loss, _ in difficulty.MARGINS.values()]
    curves = dict(zip(losses, ((0.1, 0.5, 0.9), (0.1, 0.9, 0.96), (0.1, 0.96, 0.99)), strict=True))
    runs = [({"lossname": loss}, with_metric(config_file, "train_accuracy", *curve)) for loss, curve in curves.items()]
    told = difficulty.verdict(Trained(runs))
    assert told.startswith("Seen: that order in 1 of 1 seeds.")
    assert "m₁θ in 0 of 1 trainings only; cos θ - m₃ 2.00; cos(θ + m₂) 1.00." in told
    assert difficulty.verdict(Trained([*runs[1:], ({"lossname": losses[0]}, runs[2][1])])).startswith("Not seen")


def test_floors_are_judged_only_where_there_are_any(config_file):
    def trained(floor):
        runs = []
        for margin, scale in itertools.product(scale_floor.KINDS.values(), scale_floor.SCALES):
            run = with_metric(config_file, "loss", 2.0)
            (snapshot,) = run.snapshots
            metrics = {"loss": 2.0, "loss_floor": floor(scale)}
            runs.append(({"m3": margin, "s": scale}, replace(run, snapshots=(replace(snapshot, metrics=metrics),))))
        return Trained(runs)

    told = scale_floor.verdict(trained(lambda scale: 1.9 / scale))
    assert told.startswith("Seen: the floor falls with each scale, and 0 of 12 trainings lie below it")
    assert told.endswith("at s = 1 they end at most 0.100 above.")
    assert scale_floor.verdict(trained(lambda scale: 1.9)).startswith("Not seen: the floor does not fall")
    assert scale_floor.verdict(trained(lambda scale: 2.1 / scale)).startswith("Not seen: the floor falls")
    assert "no floor is computed" in scale_floor.verdict(trained(lambda scale: float("nan")))


def test_classes_that_were_held_out_are_not_drawn(config_file):
    run = made_up_run(config_file)
    (first, *_) = run.snapshots
    with_others = replace(first, splits=dict(first.splits) | {HELD_OUT: first.splits["test"]})
    alone = with_trained_classes_alone(replace(run, snapshots=(with_others,), held_out_names=("8",)))
    assert set(alone.snapshots[0].splits) == {"train", "test"}
    assert alone.held_out_names == ()


def test_the_command_trains_draws_and_uses_runs_again(run, digit_folder, tmp_path):
    words = ["figure", "collapse", "--dataset", f"folder:{digit_folder}", "--epochs", 2, "--seeds", 2]
    code, out, err = run(*words, "--outputs", tmp_path)
    assert (code, err) == (0, "")
    for kind in ("png", "svg", "pdf"):
        assert (tmp_path / "figures" / f"collapse.{kind}").stat().st_size > 1000
    assert "it holds under" in out
    code, out, _ = run(*words, "--outputs", tmp_path)
    assert code == 0
    assert "8 of them finished already" in out


def test_too_few_classes_are_told(run, digit_folder, tmp_path):
    code, _, err = run("figure", "cosface-m", "--dataset", f"folder:{digit_folder}", "--outputs", tmp_path)
    assert code == 2
    assert "shows 8 classes" in err
