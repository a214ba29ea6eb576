"""main.py in two processes: several losses, a data set that must be fetched, an error that one of them meets."""

from __future__ import annotations

import json

from filelock import FileLock

from marginalia.cli import train as command
from marginalia.core.errors import InputError
from marginalia.training.ranks import ALONE, Ranks

from .two_ranks import as_two_ranks

LOSSES = ("--lossname", "softmax", "--lossname", "CosFace_v1")
SHORT = ("--basemodel", "MiniResnet18", "--epochs", 1, "--snapshots", 1, "--batch-size", 16, "--device", "cpu")


def test_an_error_of_the_first_rank_alone_ends_both(digit_folder, tmp_path):
    """It cannot write the metrics of the first loss; the other must not wait for it, nor begin the second loss."""
    words = ["main.py", *LOSSES, *SHORT, "--dataset", f"folder:{digit_folder}", "--outputs", tmp_path]
    (
        in_the_way := tmp_path / f"softmax_MiniResnet18_{digit_folder.name}_epochs1_snapshots1_batch16" / "metrics.csv"
    ).mkdir(parents=True)
    code, said = as_two_ranks(list(map(str, words)))
    assert code == 2
    assert len(said) == 1 and str(in_the_way) in said[0]
    assert not list(tmp_path.glob("CosFace*"))


def test_a_loss_that_cannot_begin_lets_the_others_train(digit_folder, tmp_path):
    folder = tmp_path / f"softmax_MiniResnet18_{digit_folder.name}_epochs1_snapshots1_batch16"
    folder.mkdir()
    (folder / "snapshots").write_text("in the way")
    words = ["main.py", *LOSSES, *SHORT, "--dataset", f"folder:{digit_folder}", "--outputs", tmp_path]
    code, said = as_two_ranks(list(map(str, words)))
    assert code == 1
    assert len(said) == 1 and "1 of 2 runs failed: softmax" in said[0]
    (trained,) = tmp_path.glob("CosFace*/run.json")
    assert json.loads(trained.read_text())["finished"] == 2


def test_a_folder_in_use_keeps_the_other_losses_in_step(digit_folder, tmp_path):
    """The first rank cannot have the folder of the first loss: the other rank must go on to the second with it."""
    folder = tmp_path / f"softmax_MiniResnet18_{digit_folder.name}_epochs1_snapshots1_batch16"
    folder.mkdir()
    words = ["main.py", *LOSSES, *SHORT, "--dataset", f"folder:{digit_folder}", "--outputs", tmp_path]
    with FileLock(folder / ".lock"):
        code, said = as_two_ranks(list(map(str, words)))
    assert code == 1
    assert "1 of 2 runs failed: softmax" in said[0]
    (trained,) = tmp_path.glob("CosFace*/run.json")
    content = json.loads(trained.read_text())
    assert (content["finished"], content["lossname"]) == (2, "CosFace_v1")
    assert not (folder / "run.json").exists()


def test_only_the_first_rank_downloads(config_file, few_digits, monkeypatch):
    """The others load when it is done, and all raise what it meets."""
    events: list[str] = []
    config = command.run_config(config_file, "softmax", {}, quick=False)
    monkeypatch.setattr("marginalia.training.dataset_of.load_dataset", lambda *_: events.append("load") or few_digits)
    monkeypatch.setattr(Ranks, "broadcast", lambda self, message: events.append("told") or message)
    assert command.chosen_data(config, ALONE) is few_digits
    assert events == ["load", "told"]
    events.clear()
    assert command.chosen_data(config, Ranks(1, 2)) is few_digits
    assert events == ["told", "load"]
    monkeypatch.setattr(Ranks, "broadcast", lambda self, message: InputError("could not be downloaded"))
    try:
        command.chosen_data(config, Ranks(1, 2))
    except InputError as error:
        assert "could not be downloaded" in str(error)
    assert events == ["told", "load"]
