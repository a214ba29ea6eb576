"""Training recognisers: every backbone and head, stops, what is refused, and whole walks through the commands."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.faces.backbones import BACKBONES, build_backbone, meta_backbone
from marginalia.faces.batches import Batch, as_input, batches, rows_of
from marginalia.faces.checkpoint import restore, save
from marginalia.faces.embedder import load_model
from marginalia.faces.folder import read_folder
from marginalia.faces.heads import TABLE, head_numbers, hint_on_few, partial_margin, where_from
from marginalia.faces.learner import FaceLearner, rate_at
from marginalia.faces.people import part
from marginalia.faces.recipe import BACKBONE_NAMES, read_recipes, recipe_named
from marginalia.faces.training import make_learner, train
from marginalia.faces.training_spec import TrainingSpec
from marginalia.record.snapshot import Record
from marginalia.training.ranks import ALONE, Ranks

HEADS = tuple(json.loads(TABLE.read_text()))
CPU = torch.device("cpu")
FACES_DATA = Path(os.environ.get("FACES_DATA", "faces-data"))


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """Eight "people" of six images each: a pattern of their own, shifted in brightness, with noise."""
    folder = tmp_path_factory.mktemp("album")
    random = np.random.default_rng(0)
    for person in range(8):
        pattern = np.kron(random.integers(0, 200, (4, 4, 3)), np.ones((8, 8, 1)))
        (folder / f"p{person}").mkdir()
        for number in range(6):
            pixels = pattern + random.integers(0, 30) + random.integers(0, 25, (32, 32, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"p{person}" / f"p{person}_{number + 1:04d}.png")
    return folder


def training(head: str, **changes) -> TrainingSpec:
    settings = {"size": "32x32", "dimension": 8, "batch_size": 8, "epochs": 1, "validation": 0.25, "shift": 1}
    return TrainingSpec(head, head_numbers(head, few=True), recipe_named("small", settings | changes), 0, "fp32")


def parts_of(album: Path, mine: TrainingSpec):
    return part(read_folder(album), mine.recipe.min_images, [], mine.recipe.validation, mine.seed)


def state(learner) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in (learner.encoder.state_dict() | learner.head.state_dict()).items()}


def require_round_trip(mine: TrainingSpec, album: Path, folder: Path) -> None:
    """An epoch; then one more step with the learner and one with its copy out of the checkpoint are the same step."""
    parts = parts_of(album, mine)
    learner = make_learner(mine, parts, ALONE, CPU)
    before = state(learner)
    walk = train(mine, parts, learner, 0)
    progress = next(walk)
    assert np.isfinite(progress.loss)
    after = state(learner)
    assert any(not torch.equal(after[key], before[key]) for key in after if after[key].is_floating_point())
    save(folder, learner, [Record(progress.epoch, progress.step, {})])
    copy = make_learner(mine, parts, ALONE, CPU)
    assert restore(folder, copy)[-1].step == progress.step
    random = torch.get_rng_state()
    (batch,) = batches(parts.train, mine.recipe, mine.seed, range(progress.step, progress.step + 1), ALONE, 0)
    images = as_input(batch.pixels)
    outcomes = []
    for one in (learner, copy):
        torch.set_rng_state(random)
        with torch.no_grad():
            seen = one.encoder.eval()(images)
        outcomes.append({"seen": seen, "loss": one.step(batch), **state(one)})
    assert any(not torch.equal(outcomes[0][key], value) for key, value in after.items())
    for key, value in outcomes[0].items():
        assert torch.equal(value, outcomes[1][key]), key


@pytest.mark.parametrize("head", HEADS)
def test_every_head_trains_and_survives_a_checkpoint(album, tmp_path, head):
    require_round_trip(training(head, epochs=2), album, tmp_path)


@pytest.mark.parametrize(
    "backbone",
    [
        "sphere4",
        "ir18",
        "ir18_se",
        "mobilefacenet",
        "resnet50",
        "mobilenet_v3_small",
        "efficientnet_b0",
        "timm:resnet10t",
    ],
)
def test_every_backbone_trains_and_survives_a_checkpoint(album, tmp_path, backbone):
    require_round_trip(training("CosFace", backbone=backbone, batch_size=18, epochs=2), album, tmp_path)


def test_backbones_give_features_of_any_size():
    assert tuple(BACKBONES) == BACKBONE_NAMES
    for size in ((112, 96), (56, 48)):
        for name in ("sphere4", "mobilenet_v3_small"):
            network = build_backbone(name, 12, size).eval()
            assert network(torch.zeros(2, 3, *size)).shape == (2, 12)


@pytest.mark.parametrize(
    ("name", "layers", "millions"),
    [("sphere4", 4, 12.56), ("sphere20", 20, 22.66), ("sphere36", 36, 32.76), ("sphere64", 64, 48.17),
     ("ir18", 17, 24.03), ("ir34", 33, 34.14), ("ir50", 49, 43.59), ("ir100", 99, 65.16),
     ("ir50_se", 49, 43.81), ("mobilefacenet", 18, 1.20)],
)  # fmt: skip
def test_layers_and_parameters_are_the_papers(name, layers, millions):
    """Layers of kernels larger than 1x1; an IR network counts its fully connected layer too. 512 features."""
    network = meta_backbone(name, 512, (112, 96) if name.startswith("sphere") else (112, 112))
    wide = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size != (1, 1)]
    assert len(wide) == layers
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.006)
    assert isinstance(network.embedding, torch.nn.Linear)


@pytest.mark.parametrize("name", ["timm:resnet10t", "timm:vit_tiny_patch16_224", "torchvision:shufflenet_v2_x0_5"])
def test_networks_of_libraries(name):
    network = build_backbone(name, 12, (64, 64)).eval()
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 12)


@pytest.mark.parametrize(
    ("name", "said"),
    [("timm:resnet17", "timm has no network 'resnet17'; did you mean resnet"),
     ("torchvision:vit_b_16", "torchvision:vit_b_16 gives no features of 64x64 .Wrong image height")],
)  # fmt: skip
def test_networks_that_a_library_lacks_or_that_do_not_fit(name, said):
    with pytest.raises(InputError, match=said):
        build_backbone(name, 12, (64, 64))


def test_a_stopped_training_ends_as_if_it_had_not_stopped(album, tmp_path):
    mine = training("ElasticFace", epochs=3)
    parts = parts_of(album, mine)
    whole = make_learner(mine, parts, ALONE, CPU)
    expected = [progress.loss for progress in train(mine, parts, whole, 0)]
    stopped = make_learner(mine, parts, ALONE, CPU)
    walk = train(mine, parts, stopped, 0)
    losses = [next(walk).loss]
    save(tmp_path, stopped)
    torch.manual_seed(99)
    again = make_learner(mine, parts, ALONE, CPU)
    restore(tmp_path, again)
    losses += [progress.loss for progress in train(mine, parts, again, 4)]
    assert losses == expected
    assert all(torch.equal(value, state(again)[key]) for key, value in state(whole).items())


def test_what_a_head_draws_does_not_depend_on_what_its_backbone_drew():
    losses = []
    for drawn_before in (0, 5):
        recipe = recipe_named("small", {"backbone": "sphere4", "size": "16x16", "dimension": 4})
        learner = FaceLearner(recipe, head_numbers("ElasticFace", few=True), 4, 0, 9, ALONE, CPU, torch.float64)
        torch.rand(drawn_before)
        after = torch.get_rng_state()
        pixels = torch.arange(4 * 16 * 16 * 3).reshape(4, 16, 16, 3).to(torch.uint8)
        losses += [float(learner.step(Batch(step, pixels, torch.arange(4)))) for step in (3, 3)]
        assert torch.equal(torch.get_rng_state(), after)
    assert losses[:2] == losses[2:]


def test_rates_and_margins():
    step = recipe_named("CASIA-CosFace", {"drops": [0.5, 0.8]})
    assert [rate_at(progress, step) for progress in (0.0, 0.5, 0.9)] == pytest.approx([1, 0.1, 0.01])
    cosine = recipe_named("small", {"warmup": 0.1})
    assert rate_at(0.1, cosine) == 1
    assert rate_at(0.55, cosine) == pytest.approx(0.5)
    spec = head_numbers("ArcFace")
    assert (spec.s, spec.m2) == (64, 0.5)
    assert partial_margin(spec, 0.5).m2 == 0.25
    assert partial_margin(head_numbers("SphereFace"), 0.5).m1 == 2.5
    assert head_numbers("CosFace", few=True).s < head_numbers("CosFace").s == 64
    assert head_numbers("SphereFace2", True, s=9, m=0.1).r == 9
    assert set(read_recipes()) >= {"small", "CASIA-CosFace", "CASIA-SphereFace"}


def test_the_margin_of_spherefaces_recipe_comes_in_as_its_code_has_it():
    """lambda = max(5, 1000 / (1 + 0.12 step)): 1000 at first, 500 after 8 1/3 steps, 5 from step 1,659 on."""
    recipe = recipe_named("CASIA-SphereFace", {"backbone": "sphere4", "size": "16x16", "dimension": 4})
    mine = FaceLearner(recipe, head_numbers("SphereFace"), 4, 0, 9, ALONE, CPU)
    found = []
    for step in (0, 100, 1658, 1659, 28_000):
        mine.prepare(mine.head, step)
        found.append(mine.head.shard.annealing_lambda)
    assert found == pytest.approx([1000, 1000 / 13, 1000 / 199.96, 5, 5])
    assert mine.head.shard.spec.m1 == 4


def test_rates_of_a_polynomial():
    recipe = recipe_named("small", {"schedule": "polynomial", "warmup": 0.2, "power": 2})
    assert [rate_at(progress, recipe) for progress in (0.2, 0.6, 0.8)] == pytest.approx([1, 0.25, 0.0625])


def test_float16_scales_the_loss(album):
    mine = replace(training("CosFace", epochs=1), precision="fp16")
    learner = make_learner(mine, parts_of(album, mine), ALONE, CPU)
    (progress,) = (p for p in train(mine, parts_of(album, mine), learner, 0) if p.ends_epoch)
    assert np.isfinite(progress.loss) and 1 <= learner.loss_scale.kept <= progress.steps
    assert {p.dtype for p in learner.encoder.parameters()} == {torch.float32}


def test_a_batch_in_parts_sees_every_image_once():
    rows = [rows_of(Ranks(number, 3), 11, 2) for number in range(3)]
    assert sorted(np.concatenate(rows)) == list(range(11))
    assert [row.tolist() for row in rows] == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10]]


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_backbone_begins_with_weights_of_a_file(run, album, tmp_path, suffix):
    """Those of timm's network with its own last layer of 1,000 classes; the rate is too small to change them."""
    import timm
    from safetensors.torch import save_file

    torch.manual_seed(7)
    state = timm.create_model("resnet10t", pretrained=False).state_dict()
    path = tmp_path / f"weights{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save({"state_dict": state}, path)
    settings = ("--backbone", "timm:resnet10t", "--size", "32x32", "--epochs", 1, "--validation", 0, "--device", "cpu",
                "--lr", 1e-12, "--precision", "fp32")  # fmt: skip
    ask = ("faces", "train", "--data", album, *settings, "--out", tmp_path / "out")
    code, said, err = run(*ask, "--weights", path)
    assert (code, err) == (0, "")
    assert f"{path}: {len(state) - 2} of {len(state)} tensors; anew begin fc.weight, fc.bias" in said
    found = load_model(tmp_path / "out", CPU).backbone.state_dict()
    assert torch.allclose(found["conv1.0.weight"], state["conv1.0.weight"], atol=1e-9)
    code, _, err = run(*ask)
    assert (code, "holds a training with another pretrained" in err) == (2, True)


def test_weights_of_another_network_are_refused(run, album, tmp_path):
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pth")
    for name, said in (("bad.pth", "cannot be read as weights"), ("other.pth", "0 of"), ("none.pth", "No such file")):
        ask = ("faces", "train", "--data", album, "--size", "32x32", "--device", "cpu", "--out", tmp_path / "out")
        code, _, err = run(*ask, "--weights", tmp_path / name)
        assert (code, err.count("\n"), said in err) == (2, 1, True), err


def test_where_the_numbers_of_a_head_come_from():
    cos = head_numbers("CosFace", True, m=0.3)
    assert where_from("CosFace", cos, True, None, 0.3) == (
        "w_norm True, x_norm True, m1 1, m2 0 (heads.json); s 8 (--few); m3 0.3 (--m)"
    )
    assert where_from("AdaCos", head_numbers("AdaCos"), True, None, None) == "no numbers"
    assert hint_on_few("CosFace", False, 999) == [
        "999 people are few; --few takes s 8, m3 0.2, which were chosen for fewer than 1,000"
    ]
    for head, few, people in (("CosFace", True, 9), ("CosFace", False, 1000), ("softmax", False, 9)):
        assert hint_on_few(head, few, people) == []


def test_from_images_to_figures(run, album, tmp_path):
    """Trains through the commands, evaluates on people it has not seen, refuses another head."""
    out, figures = tmp_path / "cos", tmp_path / "figures"
    train_it = ("train", "--data", album, "--out", out, "--size", "32x32", "--validation", "0.4", "--device", "cpu")
    code, said, err = run("faces", *train_it, "--head", "CosFace", "--epochs", "2")
    assert (code, err) == (0, "")
    assert "validation EER" in said
    assert run("faces", *train_it, "--head", "CosFace", "--epochs", "2")[1].startswith("finished already")
    code, _, err = run("faces", *train_it, "--head", "ArcFace", "--epochs", "2")
    assert (code, err.count("\n")) == (2, 1)
    assert "another head (CosFace, not ArcFace)" in err

    pairs = tmp_path / "pairs.txt"
    lines = ["2\t2"]
    for a, b in ((0, 1), (2, 3)):
        lines += [f"p{a}\t1\t2", f"p{b}\t1\t2", f"p{a}\t1\tp{b}\t1", f"p{a}\t2\tp{b}\t2"]
    pairs.write_text("\n".join(lines) + "\n")
    ask = ("evaluate", "--data", album, "--model", out, "--out", figures, "--device", "cpu")
    code, _, err = run("faces", *ask, "--pairs", pairs)
    assert (code, err.count("\n")) == (2, 1)
    assert "too few pairs show only people it was not trained on" in err
    code, said, err = run("faces", *ask)
    assert code == 2
    assert "was not trained on" in err
    seen = load_model(out, CPU).seen
    assert seen == set(read_folder(album).people)


def test_a_fold_left_out_is_tested_with_a_threshold_of_people_left_out(run, album, tmp_path):
    pairs = tmp_path / "pairs.txt"
    lines = ["2\t2"]
    for a, b in ((0, 1), (2, 3)):
        lines += [f"p{a}\t1\t2", f"p{b}\t1\t2", f"p{a}\t1\tp{b}\t1", f"p{a}\t2\tp{b}\t2"]
    pairs.write_text("\n".join(lines) + "\n")
    out = tmp_path / "cos"
    (tmp_path / "names.txt").write_text("# the other fold\np2\np3\n")
    code, *_ = run(
        "faces", "train", "--data", album, "--out", out, "--size", "32x32", "--validation", "0", "--epochs", "6",
        "--pairs", pairs, "--without-fold", "1", "--exclude", tmp_path / "names.txt", "--device", "cpu",
    )  # fmt: skip
    assert code == 0
    assert sorted(json.loads((out / "run.json").read_text())["people"]) == ["p4", "p5", "p6", "p7"]
    ask = ("evaluate", "--data", album, "--model", out, "--out", tmp_path / "figures", "--device", "cpu")
    code, said, _ = run("faces", *ask, "--pairs", pairs, "--fold", "1", "--fusion", "sum")
    assert code == 0
    assert "accuracy 1.0000 on fold 1" in said
    content = json.loads((tmp_path / "figures" / "cos_sum_fold-1.json").read_text())
    assert (content["accuracy"], content["known"], content["pairs"]) == (1.0, 0, 4)
    with Image.open(tmp_path / "figures" / "cos_sum_fold-1_roc.png") as picture:
        assert picture.size == (720, 720)
    code, said, _ = run("faces", *ask)
    assert (code, said.splitlines()[0]) == (0, "276 pairs")  # of the 24 images of four unseen people
    assert json.loads((tmp_path / "figures" / "cos.json").read_text())["eer"] <= 0.05
    for more, name in (("--like-sphereface", "like-sphereface"), ("--subtract-mean", "without-mean")):
        assert run("faces", *ask, "--pairs", pairs, "--fold", "1", more)[0] == 0
        assert (tmp_path / "figures" / f"cos_{name}_fold-1.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--data", "ALBUM", "--head", "Cosface"), "unknown head 'Cosface'; did you mean CosFace"),
        (("train", "--data", "ALBUM", "--recipe", "smal"), "unknown recipe 'smal'; did you mean small"),
        (("train", "--data", "ALBUM", "--backbone", "vgg"), "backbone must be one of conv4"),
        (("train", "--data", "ALBUM", "--size", "112"), "size must be HEIGHTxWIDTH"),
        (("train", "--data", "ALBUM", "--head", "softmax", "--m", "2"), "softmax has no such number"),
        (("train", "--data", "ALBUM", "--head", "CosFace", "--m", "-1"), "m3 must be at least 0"),
        (("train", "--data", "ALBUM", "--without-fold", "1"), "belong together"),
        (("train", "--data", "ALBUM", "--exclude", "none.txt"), "none.txt: no such file; a list of names is needed"),
        (("evaluate", "--data", "ALBUM", "--model", "none"), "none is no training"),
        (("evaluate", "--data", "ALBUM", "--model", "dlib", "--fold", "1"), "ask for the folds of --pairs"),
        (("evaluate", "--data", "ALBUM", "--model", "dlib", "--subtract-mean"), "ask for the folds of --pairs"),
        (("tsne", "--data", "ALBUM", "--model", "none"), "0 people have 20 images or more, not the 10 of --ids"),
    ],
)
def test_what_is_refused(run, album, arguments, message):
    code, _, err = run("faces", *(str(album) if word == "ALBUM" else word for word in arguments))
    assert (code, err.count("\n")) == (2, 1)
    assert message in err


def test_an_unreadable_image_is_named(run, album, tmp_path):
    broken = tmp_path / "album"
    for person in ("a", "b"):
        (broken / person).mkdir(parents=True)
        for number in range(2):
            (broken / person / f"{number}.png").write_bytes(b"no image")
    code, _, err = run("faces", "train", "--data", broken, "--validation", "0", "--out", tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert ".png cannot be read as an image" in err


@pytest.mark.skipif(not (FACES_DATA / "att_faces").is_dir(), reason="FACES_DATA has no att_faces; see docs/faces.md")
@pytest.mark.parametrize("head", ["softmax", "SphereFace", "CosFace", "ArcFace"])
def test_the_faces_of_att(head):
    """Ten epochs on thirty people teach them, and part ten others, whose EER by chance is 50 %."""
    from marginalia.faces.training import validate

    folder = read_folder(FACES_DATA / "att_faces")
    recipe = recipe_named("small", {"epochs": 10, "validation": 0.25})
    mine = TrainingSpec(head, head_numbers(head, few=True), recipe, 0, "fp32")
    parts = part(folder, 2, [], 0.25, 0)
    learner = make_learner(mine, parts, ALONE, CPU)
    first, *_, last = train(mine, parts, learner, 0)
    assert last.loss < 0.8 * first.loss
    assert len(parts.validation.people) == 10
    assert last.validation == validate(learner, parts, recipe.shape)
    assert last.validation["validation_eer"] < 0.12
