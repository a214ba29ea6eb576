"""What the command line can change about a loss: its scale, a margin that comes in slowly, another library's loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from marginalia.cli.train import run_config
from marginalia.core.errors import InputError
from marginalia.losses.angle_linear import AngleLinear, annealed_lambda
from marginalia.losses.metric_learning import objective
from marginalia.losses.registry import build_head
from marginalia.record.metrics import class_centres
from marginalia.record.store import read_run
from marginalia.training.image_learner import ImageLearner

from .heads import C, D, batch


@pytest.mark.parametrize("lossname", ["L-softmax_v2", "A-softmax_v2", "ArcFace_v3"])
def test_a_softened_margin_is_the_weighted_mean(config_file, lossname):
    """(lambda cos(theta) + psi(theta)) / (1 + lambda) in training, and the whole margin when it is looked at."""
    torch.manual_seed(0)
    head, (features, labels) = AngleLinear(D, C, config_file.margin(lossname)), batch()
    head.annealing_lambda = 3.0
    rows = torch.arange(len(labels))
    plain, bent = head.logits(features)[rows, labels], head.eval().margin_logits(features, labels)[rows, labels]
    softened = head.train().margin_logits(features, labels)
    torch.testing.assert_close(softened[rows, labels], (3 * plain + bent) / 4)
    softened[rows, labels] = plain
    torch.testing.assert_close(softened, head.logits(features))


def test_lambda_falls_as_in_the_papers_code():
    assert annealed_lambda(0, 1000, 0.12, 5) == 1000
    assert annealed_lambda(100, 1000, 0.12, 5) == pytest.approx(1000 / 13)
    assert annealed_lambda(10_000, 1000, 0.12, 5) == 5
    assert annealed_lambda(5, 0, 0.12, 0) == 0


def test_lambda_reaches_the_head(config_file, few_digits):
    asked = {"lambda_start": 1000.0, "lambda_least": 5.0, "basemodel": "MiniResnet18"}
    config = run_config(config_file, "A-softmax_v2", asked, quick=False)
    assert config.name.startswith("A-softmax_v2_MiniResnet18_lambda1000")
    learner = ImageLearner(config, few_digits.train.images, 10, 100)
    images, labels = torch.tensor(few_digits.train.images[:8]), torch.tensor(few_digits.train.labels[:8])
    seen = []
    for step in (0, 50):
        learner.step(step, images, labels)
        seen.append(learner.head.annealing_lambda)
    assert seen == pytest.approx([1000, 1000 / 7])


@pytest.mark.parametrize("lossname", ["softmax", "CosFace_v1", "MagFace"])
def test_lambda_needs_a_margin_on_the_angle(config_file, lossname):
    with pytest.raises(InputError, match="lambda_start softens a margin on the angle"):
        run_config(config_file, lossname, {"lambda_start": 10.0}, quick=False)


def test_match_scale_is_for_losses_that_normalise_both_sides(config_file):
    scales = {
        name: getattr(run_config(config_file, name, {"match_scale": 12.0}, quick=False).loss, "s", None)
        for name in config_file.rows
    }
    for name in ("norm-softmax", "CosFace_v1", "ArcFace_v3", "NormFace", "MagFace", "sub-center"):
        assert scales[name] == 12
    for name in ("softmax", "L-softmax_v1", "A-softmax_v2"):
        assert scales[name] == 1
    assert scales["RBF-softmax"] == config_file.loss("RBF-softmax").s
    assert scales["AdaCos"] is None
    assert run_config(config_file, "CosFace_v1", {"match_scale": 12.0}, quick=False).name == "CosFace_v1_s12"
    with pytest.raises(InputError, match="exclude each other"):
        run_config(config_file, "CosFace_v1", {"match_scale": 12.0, "s": 3.0}, quick=False)


def test_a_loss_of_another_library(config_file):
    """The library's own numbers; the class means are what predicts."""
    from pytorch_metric_learning import losses

    head = build_head(config_file.loss("pml:SupConLoss"), 2, 3, "even")
    angles = torch.tensor([0.1, 0.2, 2.0, 2.1, 4.0, 4.3])
    features = 5 * torch.stack((angles.cos(), angles.sin()), dim=1)
    labels = torch.tensor([0, 0, 1, 1, 2, 2])
    assert head.loss(features, labels) == losses.SupConLoss()(features, labels)
    head.update_class_means(features, labels)
    means = torch.atan2(head.weight[:, 1], head.weight[:, 0]) % (2 * math.pi)
    torch.testing.assert_close(means, torch.tensor([0.15, 2.05, 4.15]))
    assert head.logits(features).argmax(dim=1).tolist() == labels.tolist()
    assert not any(parameter.requires_grad for parameter in head.parameters())


def test_a_class_without_images_keeps_its_direction(config_file):
    head = build_head(config_file.loss("pml:TripletMarginLoss"), 2, 3, "even")
    before = head.weight[2].clone()
    head.update_class_means(torch.tensor([[1.0, 0], [0, 1]]), torch.tensor([0, 1]))
    torch.testing.assert_close(head.weight[2], before)


@pytest.mark.parametrize(("name", "part"), [
    ("Nonsense", "has no such loss"), ("ArcFaceLoss", "needs class weights"), ("math", "has no such loss"),
])  # fmt: skip
def test_losses_of_another_library_that_cannot_be_taken(name, part):
    with pytest.raises(InputError, match=part):
        objective(name)


def test_a_run_under_another_librarys_loss(run, digit_folder, tmp_path):
    data = ("--dataset", f"folder:{digit_folder}", "--basemodel", "MiniResnet18", "--batch-size", 16)
    code, _, err = run("main.py", "--lossname", "pml:SupConLoss", *data, "--epochs", 1, "--outputs", tmp_path)
    assert code == 0, err
    (folder,) = tmp_path.iterdir()
    last = read_run(folder).snapshots[-1]
    means = class_centres(last.points("train"), 3)
    np.testing.assert_allclose(last.class_weights, means / np.linalg.norm(means, axis=1, keepdims=True), atol=1e-5)
    nearest = (last.points("test").features @ last.class_weights.T).argmax(axis=1)
    np.testing.assert_array_equal(last.points("test").predictions, nearest)
    assert folder.name.startswith("pml-SupConLoss")
    assert (folder / "test.gif").exists()


@pytest.mark.parametrize("name", ["pml:Nonsense", "pml:", "pml:a b"])
def test_a_misspelt_loss_of_another_library_leaves_nothing(run, tmp_path, name):
    code, _, err = run("main.py", "--lossname", name, "--outputs", tmp_path)
    assert (code, "error:" in err) == (2, True)
    assert not list(tmp_path.iterdir())
