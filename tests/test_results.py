"""The measurements: the plan can be run, finished runs are read as they are, and what is published is what was read."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest

from marginalia.cli.train import run_config, train
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.record.description import Description, DrawnHead, SplitNames
from marginalia.record.store import write_description
from marginalia.training.describe import settings
from marginalia.viz.figures.between_two import half_width
from tools.results.collect import Result, collect, without_result
from tools.results.plan import FURTHER, PRESETS, SCALE, Trial, matched_margins, plan
from tools.results.report import BEGIN, END, at_one_scale, page, with_table
from tools.results.run import command, folder_of, train_all

from .conftest import ROOT


@pytest.fixture(scope="module")
def published() -> list[Result]:
    rows = json.loads((ROOT / "docs/results.json").read_text())
    return [Result(**row | {"curve": [tuple(point) for point in row["curve"]]}) for row in rows]


def test_what_is_published_is_what_was_measured(published):
    readme = (ROOT / "README.md").read_text()
    assert published
    assert with_table(readme, published) == readme
    assert page(published, plan()) == (ROOT / "docs/results.md").read_text()
    changed = dataclasses.replace(published[0], metrics=published[0].metrics | {"test_accuracy": [0.5]})
    assert with_table(readme, [changed, *published[1:]]) != readme
    assert readme.index(BEGIN) < readme.index(END)


def test_every_loss_is_measured(config_file):
    assert {*PRESETS, *FURTHER} <= set(config_file.rows)
    twenty = {trial.lossname for trial in plan() if trial.part == "presets" and trial.seed == 0}
    assert twenty == set(config_file.margins())


def test_every_trial_is_a_command_with_a_folder_of_its_own(config_file, tmp_path):
    """The command as it is typed gives the run whose folder is looked into."""
    folders = [folder_of(trial, config_file, tmp_path) for trial in plan()]
    assert len(set(folders)) == len(folders)
    for trial, folder in zip(plan(), folders, strict=True):
        words = command(trial, config_file, tmp_path)[1:]
        given = train.make_context("main.py", words).params
        (lossname,), outputs = given.pop("lossnames"), given.pop("outputs")
        for name in ("config", "overwrite", "record_only", "tensorboard", "verbose"):
            del given[name]
        config = run_config(config_file, lossname, given, given.pop("quick"))
        assert outputs / config.name == folder
        assert config.training.seed == trial.seed
        for key, value in trial.settings.items():
            owners = (config.training, config.data, config.model, config.loss)
            name = "s" if key == "match_scale" else key
            assert [getattr(owner, name) for owner in owners if hasattr(owner, name)] == [value]


def test_margins_of_the_order_of_difficulty_leave_the_same_angle():
    gap = 2 * math.pi / 10
    plain = MarginSpec(w_norm=True, x_norm=True, s=SCALE, m1=1, m2=0, m3=0)
    left = [half_width(gap, dataclasses.replace(plain, **{name: m})) for name, m in matched_margins().items()]
    assert left == pytest.approx([(gap - 0.3) / 2] * 3, abs=2e-4)


def test_the_losses_at_one_scale(config_file):
    """norm-softmax is trained at it; the presets that stand beside it have it already."""
    result = Result("presets", "", {}, [0], {}, [], [], False, [])
    presets = [dataclasses.replace(result, lossname=name) for name in PRESETS]
    shown = at_one_scale([*presets, dataclasses.replace(result, part="scale", lossname="norm-softmax")])
    normalised = {name for name in PRESETS if config_file.margin(name).w_norm and config_file.margin(name).x_norm}
    assert {result.lossname for result in shown} == normalised
    assert all(config_file.margin(name).s == SCALE for name in normalised - {"norm-softmax"})
    assert at_one_scale(presets) == []


def test_trials_are_trained_and_read(config_file, tmp_path, monkeypatch, digit_folder):
    """Two seeds of a loss and one that fails: means and deviations of what the runs wrote, the failure named."""
    small = {
        "epochs": 1,
        "basemodel": "MiniResnet18",
        "dataset": f"folder:{digit_folder}",
        "batch_size": 16,
        "snapshots": 1,
    }
    good = [Trial("a part", "CosFace_v1", small, seed) for seed in (0, 1)]
    bad = Trial("a part", "softmax", small | {"dataset": "folder:/nowhere"})
    with pytest.raises(Exception, match="1 trainings failed: a part: softmax"):
        train_all([*good, bad], config_file, tmp_path, jobs=2)
    (result,) = collect([*good, bad], config_file, tmp_path)
    written = []
    for trial in good:
        folder = folder_of(trial, config_file, tmp_path)
        written.append(json.loads((folder / "run.json").read_text())["metrics"]["test_accuracy"])
    assert result.seeds == [0, 1]
    assert result.mean("test_accuracy") == pytest.approx(sum(written) / 2)
    assert result.deviation("test_accuracy") == pytest.approx(abs(written[0] - written[1]) / 2**0.5)
    assert [epoch for epoch, _ in result.curve] == [0, 1]
    assert result.curve[-1][1] == pytest.approx(result.mean("test_accuracy"))
    assert without_result([*good, bad], [result]) == [bad]
    assert "nowhere" in Path(f"{folder_of(bad, config_file, tmp_path)}.log").read_text()


def test_epochs_to_98_and_numbers_that_do_not_exist(tmp_path, config_file):
    """A folder written by hand: 98 % is reached in the second row, and null stays out of the mean."""
    trial = Trial("difficulty", "CosFace_v1", {"m3": 0.05})
    folder = folder_of(trial, config_file, tmp_path)
    asked = run_config(config_file, trial.lossname, trial.given, quick=False)
    description = Description(
        "by hand", ("0", "1"), {"test": SplitNames()}, head=DrawnHead(asked.loss.inference_spec),
        settings=settings(asked), finished=3, metrics={"test_accuracy": 0.99, "open_auc": None},
    )  # fmt: skip
    write_description(folder, description)
    rows = ("epoch,test_accuracy,train_accuracy,train_margin_accuracy", "0,0.1,1,1", "0.5,0.98,1,0.5", "1,0.99,1,1")
    (folder / "metrics.csv").write_text("\n".join(rows))
    (result,) = collect([trial], config_file, tmp_path)
    assert result.epochs_to_98 == [0.5]
    assert result.margin
    assert math.isnan(result.mean("open_auc")) and math.isnan(result.mean("nothing"))
    write_description(folder, dataclasses.replace(description, finished=0))
    assert collect([trial], config_file, tmp_path) == []


def test_a_run_with_other_settings_is_not_published(tmp_path, config_file, digit_folder):
    """The folder's name says nothing of what config.json has; run.json does."""
    small = {
        "epochs": 1,
        "basemodel": "MiniResnet18",
        "dataset": f"folder:{digit_folder}",
        "batch_size": 16,
        "snapshots": 1,
    }
    trial = Trial("a part", "CosFace_v1", small)
    train_all([trial], config_file, tmp_path, jobs=1)
    assert len(collect([trial], config_file, tmp_path)) == 1
    faster = dataclasses.replace(config_file.optimizers["adamw"], lr=0.01)
    other = dataclasses.replace(config_file, optimizers=config_file.optimizers | {"adamw": faster})
    assert folder_of(trial, other, tmp_path) == folder_of(trial, config_file, tmp_path)
    with pytest.raises(InputError, match=r"lr was 0.002, the plan has 0.01"):
        collect([trial], other, tmp_path)


@pytest.mark.parametrize("readme", ["no marks", f"only {BEGIN}", f"only {END}"])
def test_a_readme_without_marks_is_left_alone(published, readme):
    with pytest.raises(InputError, match=r"README.md needs the lines"):
        with_table(readme, published)
