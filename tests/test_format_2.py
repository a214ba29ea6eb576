"""Runs of the format before, as Marginalia 0.1 wrote them: read, drawn to the same bytes, and left as they are."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.record.snapshot_file import write_snapshot
from marginalia.record.store import read_description, read_run, write_description
from marginalia.training.resume import existing_run

OLD = Path(__file__).parent / "format_2" / "ArcFace_v2"


@pytest.fixture
def old(tmp_path) -> Path:
    """A run that Marginalia 0.1 trained, in its format 2, with a class held out."""
    return Path(shutil.copytree(OLD, tmp_path / "outputs" / "ArcFace_v2"))


def test_a_run_of_the_format_before_is_read(old):
    run = read_run(old)
    assert (run.lossname, run.class_names, run.held_out_names) == ("ArcFace_v2", ("naught", "one", "two"), ("three",))
    assert run.spec == MarginSpec(w_norm=True, x_norm=True, s=4, m1=1, m2=0.2, m3=0)
    assert [(snapshot.epoch, snapshot.step) for snapshot in run.snapshots] == [(0, None), (1, None), (2, None)]
    assert run.snapshots[-1].points("test").accuracy == 0.5
    assert read_description(old).settings["data"]["dataset"] == "folder:"


def test_a_run_of_the_format_before_is_drawn_as_if_it_were_of_this_one(old, tmp_path, run):
    """The same numbers in both formats give the same bytes, by the command."""
    before, description = read_run(old), read_description(old)
    new = tmp_path / "outputs" / "new"
    description = replace(description, written=None, name="new")
    write_description(new, description)
    for number, snapshot in enumerate(before.snapshots):
        write_snapshot(new, replace(snapshot, step=7 * number), description)
    content = (old / "run.json").read_bytes()
    code, _, err = run(
        "create_gif.py", "--lossname", "ArcFace_v2", "--lossname", "new", "--outputs", tmp_path / "outputs"
    )
    assert (code, err) == (0, "")
    assert (old / "run.json").read_bytes() == content
    drawn = sorted(path.relative_to(old) for path in old.rglob("*.[gp][in][fg]"))
    assert len(drawn) == 2 + 2 + 6
    assert all((old / path).read_bytes() == (new / path).read_bytes() for path in drawn)


def test_a_changed_run_of_the_format_before_is_noticed(old):
    content = (old / "run.json").read_text()
    (old / "run.json").write_text(content.replace('"m2": 0.2', '"m2": 0.3'))
    with pytest.raises(InputError, match=r"run\.json was changed"):
        read_run(old)


def test_an_unfinished_run_of_the_format_before_is_not_gone_on_with(old):
    asked = replace(read_description(old), written=None)
    assert existing_run(old, asked).finished
    content = json.loads((old / "run.json").read_text())
    (old / "run.json").write_text(json.dumps(content | {"finished": 0}))
    with pytest.raises(InputError, match="unfinished run of an older Marginalia; train anew with --overwrite"):
        existing_run(old, asked)
