"""What is lost when a training of faces fails or is stopped: nothing."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from errors import InputError, OneRankError
from faces import run as running
from faces.batches import Batch
from faces.embedder import load_model
from faces.folder import read_folder
from faces.heads import head_numbers
from faces.learner import Learner
from faces.people import part
from faces.recipe import recipe_named
from faces.run import by_the_first, require_two_images_each
from training.ranks import ALONE, Ranks

SIZE = 16
EPOCHS = 3


@pytest.fixture
def album(tmp_path):
    """Four people of four images each, all noise."""
    random = np.random.default_rng(0)
    for name in (f"p{person}/{number}.png" for person in range(4) for number in range(4)):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)).save(path)
    return tmp_path / "album"


@pytest.fixture
def train(run, album, tmp_path):
    """Runs the command on the album: train("--epochs", 2) -> (exit code, stdout, stderr)."""

    def call(*more):
        settings = ("--size", f"{SIZE}x{SIZE}", "--batch-size", 4, "--epochs", EPOCHS, "--device", "cpu")
        return run("faces.py", "train", "--data", album, "--out", tmp_path / "out", *settings, *more)

    return call


def epochs_of(out) -> list[str]:
    with (out / "metrics.csv").open() as file:
        return [row["epoch"] for row in csv.DictReader(file)]


def files_of(out) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_training_that_failed_before_its_first_checkpoint_is_not_in_the_way(train, album, tmp_path, workers):
    sound = (album / "p1" / "2.png").read_bytes()
    (album / "p1" / "2.png").write_bytes(b"")
    code, _, err = train("--validation", 0, "--workers", workers)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(f"error: {album}/p1/2.png cannot be read as an image")
    assert not (tmp_path / "out" / "run.json").exists()
    (album / "p1" / "2.png").unlink()
    assert train("--validation", 0)[0] == 0
    (album / "p1" / "2.png").write_bytes(sound)
    assert "another images" in train("--validation", 0)[2]


def test_what_is_overwritten_stays_until_something_takes_its_place(train, album, tmp_path):
    assert train("--validation", 0)[0] == 0
    before = files_of(tmp_path / "out")
    assert train("--validation", 0, "--overwrite", "--head", "AdaCos", "--sample-rate", 0.5)[0] == 2
    assert files_of(tmp_path / "out") == before
    shutil.copytree(album, tmp_path / "whole")
    (album / "p0" / "0.png").write_bytes(b"")
    assert train("--validation", 0, "--overwrite", "--seed", 1)[0] == 2
    assert files_of(tmp_path / "out") == before
    shutil.copy(tmp_path / "whole" / "p0" / "0.png", album / "p0" / "0.png")
    assert train("--validation", 0, "--overwrite", "--seed", 1)[0] == 0
    after = files_of(tmp_path / "out")
    assert after.keys() == before.keys()
    assert after["run.json"] != before["run.json"]
    assert epochs_of(tmp_path / "out") == ["1", "2", "3"]


@pytest.mark.parametrize("stopped_at", [1, 2])
def test_ctrl_c_while_a_checkpoint_is_written(train, tmp_path, monkeypatch, stopped_at):
    saved = []
    save = running.save

    def interrupted(*arguments):
        saved.append(arguments)
        if len(saved) == stopped_at:
            raise KeyboardInterrupt
        save(*arguments)

    monkeypatch.setattr(running, "save", interrupted)
    code, _, err = train("--validation", 0)
    assert (code, err.count("\n")) == (130, 1)
    assert ("begin anew" if stopped_at == 1 else "go on with") in err
    assert train("--validation", 0)[0] == 0
    assert epochs_of(tmp_path / "out") == ["1", "2", "3"]


def test_weights_that_overflow_in_the_last_step_of_an_epoch_are_not_saved(train, tmp_path, monkeypatch):
    assert train("--validation", 0.5)[0] == 0
    before = files_of(tmp_path / "out")
    step = Learner.step

    def overflows(self, batch):
        loss = step(self, batch)
        with torch.no_grad():
            next(self.head.parameters()).fill_(torch.inf)
        return loss

    monkeypatch.setattr(Learner, "step", overflows)
    code, _, err = train("--validation", 0.5, "--batch-size", 8, "--overwrite")
    assert (code, err.count("\n")) == (2, 1)
    assert "the weights are not finite after step 1; the last checkpoint is kept" in err
    assert files_of(tmp_path / "out") == before


def test_a_model_that_is_not_finite_gives_no_figures(train, album, tmp_path):
    assert train("--validation", 0)[0] == 0
    model = load_model(tmp_path / "out", torch.device("cpu"))
    with torch.no_grad():
        next(model.backbone.parameters()).fill_(torch.nan)
    with pytest.raises(InputError, match="out gives features that are not finite"):
        model.embed(read_folder(album).paths(), flipped=False)


def test_names_that_match_nobody_are_refused(train, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("P0\nnobody\n")
    code, _, err = train("--exclude", names)
    assert code == 2
    assert "none of the 2 people to leave out is there" in err
    names.write_text("p0\nnobody\n")
    code, said, _ = train("--exclude", names, "--validation", 0)
    assert (code, "1 people were left out by name" in said) == (0, True)


def test_who_validates(album):
    folder = read_folder(album)
    for name in ("p0", "p1", "p2"):
        for number in (1, 2, 3):
            (album / name / f"{number}.png").unlink()
    with pytest.raises(InputError, match="1 people with several images to validate with"):
        part(read_folder(album), 1, [], 0.5, 0)
    assert part(read_folder(album), 1, [], 0.0, 0).validation is None
    assert len(part(folder, 1, [], 0.5, 0).validation.people) == 2


def test_no_more_people_validate_than_can_be_judged_pair_by_pair(album, monkeypatch):
    monkeypatch.setattr("faces.people.MOST_IMAGES_TO_VALIDATE", 9)
    random = np.random.default_rng(1)
    for person in range(4, 12):
        for number in range(4):
            path = album / f"p{person}" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(random.integers(0, 256, (4, 4), dtype=np.uint8)).save(path)
    parts = part(read_folder(album), 1, [], 0.5, 0)
    assert (len(parts.validation), len(parts.train.people)) == (8, 10)


def test_what_a_head_draws_does_not_depend_on_what_its_backbone_drew():
    losses = []
    for drawn_before in (0, 5):
        recipe = recipe_named("small", {"backbone": "sphere4", "size": f"{SIZE}x{SIZE}", "dimension": 4})
        learner = Learner(recipe, head_numbers("ElasticFace", 4), 4, 0, 9, ALONE, torch.device("cpu"), torch.float64)
        torch.rand(drawn_before)
        after = torch.get_rng_state()
        pixels = torch.arange(4 * SIZE * SIZE * 3).reshape(4, SIZE, SIZE, 3).to(torch.uint8)
        losses += [float(learner.step(Batch(step, pixels, torch.arange(4)))) for step in (3, 3)]
        assert torch.equal(torch.get_rng_state(), after)
    assert losses[:2] == losses[2:]


def test_what_one_of_several_processes_meets(capsys, monkeypatch):
    import click

    from command_line import run_command

    monkeypatch.setenv("RANK", "1")
    for error, expected in ((InputError("all know"), ""), (OneRankError("only I know"), "error: only I know\n")):

        @click.command()
        def command(error=error):
            raise error

        monkeypatch.setattr("sys.argv", ["faces.py"])
        with pytest.raises(SystemExit) as leaving:
            run_command(command)
        assert leaving.value.code == 2
        assert capsys.readouterr().err == expected
    with pytest.raises(InputError, match="batches of 3 images are too small for 2 processes"):
        require_two_images_each(3, Ranks(0, 2))
    require_two_images_each(1, ALONE)


def test_what_the_first_rank_meets_all_raise(monkeypatch):
    told = []
    monkeypatch.setattr(Ranks, "tell", lambda self, message: told.append(message) or InputError("told"))
    with pytest.raises(InputError, match="told"):
        by_the_first(Ranks(1, 2), lambda: None)

    def refuse():
        raise InputError("refused")

    with pytest.raises(InputError):
        by_the_first(Ranks(0, 2), refuse)
    assert told[0] is None
    assert str(told[1]) == "refused"
