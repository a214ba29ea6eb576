"""What can be seen of a training of faces: the record of ten people, latest.png, the page, the best weights."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

import marginalia as mg
from marginalia.cli.face_report import shown_people, shown_validations, some_images
from marginalia.faces.embedder import load_model
from marginalia.faces.folder import read_folder


@pytest.fixture
def bin_file(noise_album, tmp_path):
    """Ten pairs of one image twice, and ten of two images."""
    images = [path.read_bytes() for path in sorted(noise_album.rglob("*.png"))]
    same = [images[n % 16] for n in range(10) for _ in range(2)]
    different = [images[(n + shift) % 16] for n in range(10) for shift in (0, 5)]
    content = [image for n in range(10) for image in (*same[2 * n : 2 * n + 2], *different[2 * n : 2 * n + 2])]
    path = tmp_path / "noise.bin"
    path.write_bytes(pickle.dumps((content, [True, False] * 10), 4))
    return path


def test_a_training_can_be_seen(train_faces, bin_file, tmp_path):
    out = tmp_path / "out"
    code, said, err = train_faces("--validation", 0, "--set", bin_file, "--tensorboard", "--few")
    assert (code, err) == (0, "")
    assert said.count("validation noise 100.00 %") == 3 and said.endswith(f"{out / 'index.html'}\n")
    with Image.open(out / "latest.png") as picture:
        assert picture.size == (1280, 720)
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 100
    run = mg.read(out / "people")
    assert (len(run), run.class_names, run.dimension) == (3, ("p0", "p1", "p2", "p3"), 128)
    points = run[-1].points("train")
    weights = run[-1].class_weights
    assert points.features.shape == (16, 128) and weights.shape == (4, 128)
    assert run.spec.s == 8 and run[-1].metrics["validation_set_noise"] == 1.0
    page = (out / "index.html").read_text()
    assert "p3" in page and "<script" in page
    assert list((out / "tensorboard").iterdir())


def test_the_weights_in_the_record_are_those_of_the_head(train_faces, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    from safetensors.torch import load_file

    (rows,) = (tmp_path / "out").rglob("classes-*.safetensors")
    np.testing.assert_array_equal(
        mg.read(tmp_path / "out" / "people")[-1].class_weights, load_file(rows)["weight"].numpy()
    )


def test_the_best_weights_are_kept(run, train_faces, tmp_path):
    """They are those of the best validation, and not of the last step."""
    out = tmp_path / "out"
    assert train_faces("--validation", 0.5, "--epochs", 6, "--lr", 0.5, "--validate-every", 1)[0] == 0
    best = json.loads((out / "run.json").read_text())["best"]
    model, last = (load_model(path, torch.device("cpu")) for path in (out / "best.safetensors", out))
    assert (model.name, last.name) == ("out_best", "out")
    differ = [not torch.equal(value, last.backbone.state_dict()[name])
              for name, value in model.backbone.state_dict().items()]  # fmt: skip
    scores = [1 - float(line.split(",")[3]) for line in (out / "metrics.csv").read_text().splitlines()[1:]]
    assert best >= max(scores) and (any(differ) or best == scores[-1])


def test_a_stopped_training_goes_on_with_its_record(train_faces, tmp_path, monkeypatch):
    from marginalia.cli.face_training import FaceTraining

    keep = FaceTraining.keep

    def stopping(self, learner, progress, seconds):
        keep(self, learner, progress, seconds)
        if progress.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(FaceTraining, "keep", stopping)
    assert train_faces("--validation", 0)[0] == 130
    monkeypatch.setattr(FaceTraining, "keep", keep)
    assert train_faces("--validation", 0)[0] == 0
    record = mg.read(tmp_path / "out" / "people")
    assert [snapshot.epoch for snapshot in record] == [1, 2, 3]


def test_no_failure_of_a_picture_stops_a_training(train_faces, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "latest.png")

    monkeypatch.setattr("marginalia.cli.face_report.FaceReport.sheet", full)
    code, said, err = train_faces("--validation", 0)
    assert (code, err) == (0, "")
    assert said.count("no picture of this epoch ([Errno 28]") == 3
    assert json.loads((tmp_path / "out" / "run.json").read_text())["steps_done"] == 12
    assert "Traceback" in (tmp_path / "out" / "log.txt").read_text()


def test_many_sets_have_one_curve():
    sets = [f"validation_set_{number}" for number in range(7)]
    assert shown_validations(["loss", "validation_eer", *sets[:2]]) == {
        "validation EER": ["validation_eer"], "validation 0": [sets[0]], "validation 1": [sets[1]],
    }  # fmt: skip
    assert shown_validations(sets) == {"validation, mean of 7 sets": sets}


def test_overwriting_keeps_the_best_weights_until_the_first_checkpoint(train_faces, tmp_path, monkeypatch):
    from marginalia.cli.face_training import FaceTraining

    best = tmp_path / "out" / "best.safetensors"
    assert train_faces("--validation", 0.5)[0] == 0
    before = best.read_bytes()

    def stopping(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(FaceTraining, "keep", stopping)
    assert train_faces("--validation", 0.5, "--seed", 1, "--overwrite", "--validate-every", 1)[0] == 130
    assert best.read_bytes() == before


def test_a_page_that_was_not_made_is_made_later(train_faces, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    page = tmp_path / "out" / "index.html"
    page.unlink()
    code, said, err = train_faces("--validation", 0)
    assert (code, err, page.exists()) == (0, "", True) and "finished already" in said


@pytest.mark.parametrize("name", ["people", "index.html", "latest.png"])
def test_what_is_of_something_else_is_kept(train_faces, tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    code, _, err = train_faces("--validation", 0)
    assert (code, "holds something else than a training" in err) == (2, True)
    assert (tmp_path / "out" / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("more", "said"),
    [(("--accumulate", 2, "--batch-size", 3), "accumulate must be at most 1"),
     (("--accumulate", 16, "--batch-size", 64), "batches of 16 images in 16 parts (--accumulate)"),
     (("--optimizer", "adamw"), "--optimizer adamw needs --lr"), (("--schedule", "step"), "schedule step needs drops"),
     (("--schedule", "step", "--drops", "a"), "--drops needs numbers")],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(train_faces, more, said):
    code, _, err = train_faces("--validation", 0, *more)
    assert code == 2 and said in err, err


def test_sets_that_cannot_judge_are_refused(train_faces, tmp_path, bin_file):
    images, same = pickle.loads(bin_file.read_bytes())
    bad = {"few": (images[:4], same[:2]), "one-kind": (images, [True] * 20), "damaged": ([*images[:-1], b"x"], same)}
    for name, content in bad.items():
        path = tmp_path / f"{name}.bin"
        path.write_bytes(pickle.dumps(content))
        code, _, err = train_faces("--validation", 0, "--set", path)
        assert (code, err.count("\n"), f"{name}.bin" in err) == (2, 1, True), err
    code, _, err = train_faces("--validation", 0, "--set", bin_file, "--set", bin_file)
    assert (code, "two of the sets have one name" in err) == (2, True)


def test_who_is_shown(noise_album):
    folder = read_folder(noise_album)
    assert shown_people(folder) == [0, 1, 2, 3]
    (noise_album / "p1" / "0.png").unlink()
    assert [len(some_images(folder.only([name]))) for name in folder.people] == [4, 4, 4, 4]
