"""A whole world of drawn faces: packed two ways, trained on, and judged on a set, on videos and on templates."""

from __future__ import annotations

import json

from benchmarks.face_world import commands, draw_people, make_world, same_weights

TRAINING = "--min-images 4 --epochs 4 --validation 0 --batch-size 16 --size 28x24 --workers 0 --device cpu"


def test_each_format_end_to_end(run, tmp_path):
    crops, out = tmp_path / "crops", tmp_path / "world"
    draw_people(crops, 30, 6)
    make_world(crops, out, 10)
    said = {}
    for name, command in commands(crops, out, TRAINING.split()).items():
        code, said[name], err = run("faces", *command)
        assert code == 0, f"{name}: {err}"
    assert same_weights(*(out / f"of-{data}" for data in ("folder", "rec", "shards")))
    assert "10 of 10 names match: person_000, person_003" in said["train on the folder"]
    sets, videos, templates = (json.loads((out / "evaluation" / f"of-folder_{kind}.json").read_text())
                               for kind in ("pairs", "splits", "media"))  # fmt: skip
    assert sets["pairs"]["insightface"]["accuracy"] > 0.7 and sets["pairs"]["pairs"] == 200
    assert videos["splits"]["exact"]["accuracy"] > 0.7
    assert templates["auc"] > 0.8 and templates["tar"]["0.01"] is None
    assert sum(found["mated"] for found in templates["galleries"].values()) == 10
