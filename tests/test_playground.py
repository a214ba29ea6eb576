"""The mathematics of the playground in JavaScript, under Node, against Python's and PyTorch's."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import shutil
import subprocess
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from marginalia.core.margin import MarginSpec, psi, psi_slope
from marginalia.losses.angle_linear import AngleLinear

from .conftest import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node on the PATH: apt-get install nodejs")
CASES = 1000


def asked(*questions: tuple[str, dict[str, Any]]) -> list[Any]:
    """What the modules answer, in order."""
    command = [NODE, ROOT / "tests" / "playground_modules" / "answers.mjs"]
    done = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def in_javascript(spec: MarginSpec) -> dict[str, Any]:
    names = {"w_norm": "wNorm", "x_norm": "xNorm"}
    return {names.get(name, name): value for name, value in vars(spec).items()}


def random_spec(random: np.random.Generator) -> MarginSpec:
    m1, m2, m3 = random.choice([1, 1, 2, 3, 1.35]), random.choice([0, 0.2, 0.5]), random.choice([0, 0.1, 0.35])
    return MarginSpec(bool(random.integers(2)), bool(random.integers(2)), float(random.choice([1, 4, 16])), m1, m2, m3)


def test_psi_and_its_slope():
    random = np.random.default_rng(0)
    cases = [(random_spec(random), float(theta)) for theta in np.linspace(0, np.pi, CASES)]
    answers = asked(*(("psi", {"theta": theta, "spec": in_javascript(spec)}) for spec, theta in cases))
    for (spec, theta), answer in zip(cases, answers, strict=True):
        assert answer["psi"] == pytest.approx(float(psi(np.float64(theta), spec)), abs=1e-12)
        assert answer["slope"] == pytest.approx(float(psi_slope(np.float64(theta), spec)), abs=1e-12)


def test_loss_and_gradients_are_those_of_angle_linear():
    random = np.random.default_rng(1)
    questions, expected = [], []
    for number in range(CASES):
        spec, classes, count = random_spec(random), int(random.integers(2, 11)), 5
        weights, features = random.normal(size=(classes, 2)), random.normal(size=(count, 2)) * 3
        labels = random.integers(classes, size=count)
        angle = (0.01, 1, 90, 179, 179.99)[number % 5]
        direction = math.atan2(*weights[labels[0]][::-1]) + math.radians(angle)
        features[0] = 2 * np.array((math.cos(direction), math.sin(direction)))
        head = AngleLinear(2, classes, spec).double()
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(weights))
        x = torch.from_numpy(features).requires_grad_()
        loss = head.loss(x, torch.from_numpy(labels))
        loss.backward()
        expected.append((loss.item(), x.grad.numpy(), head.weight.grad.numpy(), head(x).argmax(1).numpy()))
        question = {"features": features.ravel().tolist(), "labels": labels.tolist()}
        questions.append(("loss", question | {"weights": weights.ravel().tolist(), "spec": in_javascript(spec)}))
    for answer, (loss, dx, dw, predictions) in zip(asked(*questions), expected, strict=True):
        assert answer["loss"] == pytest.approx(loss, abs=1e-6)
        np.testing.assert_allclose(answer["dx"], dx.ravel(), atol=1e-6)
        np.testing.assert_allclose(answer["dw"], dw.ravel(), atol=1e-6)
        np.testing.assert_array_equal(answer["predictions"], predictions)


def test_a_feature_of_length_zero_has_no_gradient():
    spec = in_javascript(MarginSpec(w_norm=True, x_norm=True, s=4, m1=1, m2=0.3, m3=0))
    (answer,) = asked(("loss", {"features": [0, 0], "labels": [1], "weights": [1, 0, 0, 1, -1, 0], "spec": spec}))
    assert answer["loss"] == pytest.approx(math.log(3))
    assert answer["dx"] == [0, 0] and answer["dw"] == [0] * 6


def test_the_networks_gradient_is_pytorchs():
    sizes, rows = [12, 8, 8, 2], 8
    torch.manual_seed(0)
    linears = [nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
    layers = [layer for linear in linears for layer in (linear, nn.LeakyReLU(0.25))][:-1]
    inputs, slope = torch.randn(rows, sizes[0]), torch.randn(rows, 2)
    output = nn.Sequential(*layers)(inputs)
    output.backward(slope)
    parameters = [part for linear in linears for part in (linear.weight.T, linear.bias)]
    question = {"sizes": sizes, "inputs": inputs.ravel().tolist(), "outputGradient": slope.ravel().tolist()}
    question["parameters"] = [part.detach().contiguous().ravel().tolist() for part in parameters]
    (answer,) = asked(("network", question))
    np.testing.assert_allclose(answer["output"], output.detach().ravel(), atol=1e-5)
    gradients = [part for linear in linears for part in (linear.weight.grad.T, linear.bias.grad)]
    for mine, theirs in zip(answer["gradients"], gradients, strict=True):
        np.testing.assert_allclose(mine, theirs.contiguous().ravel(), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "theirs"), [("Adam", torch.optim.Adam), ("Sgd", partial(torch.optim.SGD, momentum=0.9))]
)
def test_optimizers_are_pytorchs(name, theirs):
    random = np.random.default_rng(2)
    start, gradients = random.normal(size=6), random.normal(size=(20, 6))
    values = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    optimizer = theirs([values], lr=0.01)
    for gradient in gradients:
        values.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    question = {"name": name, "start": start.tolist(), "gradients": gradients.tolist(), "rate": 0.01}
    (mine,) = asked(("optimizer", question))
    np.testing.assert_allclose(mine, values.detach(), atol=1e-6)


MOVES = [[0, "m2", 0.3], [7, "s", 3], [7, "s", 2.5], [20, "pin1", 33.5], [20, "rate", 0.005], [31, "w-norm", 0],
         [40, "pin1", -20], [50, "pin1", None], [55, "m3", 0.05]]  # fmt: skip


def test_the_changes_of_a_training_repeat_it_bit_for_bit():
    first, plain = asked(("trained", {"steps": 60, "moves": MOVES}), ("trained", {"steps": 60}))
    assert first["changes"].split("*") == [
        "0_m2_0.3", "7_s_2.5", "20_pin1_33.5", "20_rate_0.005", "31_w-norm_0", "40_pin1_-20", "50_pin1_", "55_m3_0.05",
    ]  # fmt: skip
    (again,) = asked(("trained", {"steps": 60, "changes": first["changes"]}))
    assert again == first and first["network"] != plain["network"]
    scale = first["spec"].pop("s")
    assert scale == pytest.approx(2**2.5)
    assert first["spec"] == {"wNorm": False, "xNorm": True, "m1": 1, "m2": 0.3, "m3": 0.05}


def test_two_losses_of_one_seed_begin_alike_and_see_the_same_digits():
    specs = [in_javascript(MarginSpec(False, False, 1, 1, 0, 0)), in_javascript(MarginSpec(True, True, 4, 1, 0.3, 0))]
    ((one, other),) = asked(("twins", {"specs": specs, "steps": 20, "seed": 5}))
    assert one["first"] == other["first"] and one["batches"] == other["batches"]
    assert one["weights"] != other["weights"]
    ((another, _),) = asked(("twins", {"specs": specs, "steps": 20, "seed": 6}))
    assert another["first"] != one["first"] and another["batches"] != one["batches"]


def test_many_turns_between_two_steps_are_repeated_bit_for_bit():
    """As when keys turn a line while the training is paused, and one that is let go there stays where it is."""
    turned = [[20, "pin1", degrees] for degrees in range(3, 90, 2)]
    freed = [[21, "pin2", 17], [21, "pin2", 19.5], [21, "pin2", None]]
    for moves, text in ((turned, "20_pin1_89"), (freed, "21_pin2_19.5*21_pin2_")):
        (first,) = asked(("trained", {"steps": 40, "moves": moves}))
        assert first["changes"] == text
        (again,) = asked(("trained", {"steps": 40, "changes": text}))
        assert again == first


def test_a_change_by_hand_ends_what_was_repeated():
    text = "5_m2_0.4*30_m2_0.5"
    (mine,) = asked(("trained", {"steps": 40, "changes": text, "moves": [[20, "m3", 0.1]]}))
    assert mine["changes"] == "5_m2_0.4*20_m3_0.1" and mine["spec"]["m2"] == 0.4


@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
def test_a_held_weight_stays_where_it_is(optimizer):
    held = {"steps": 25, "moves": [[10, "pin2", 120]], "optimizer": optimizer, "rate": 0.01}
    held, free = asked(("trained", held), ("trained", held | {"moves": []}))
    angles = [np.degrees(np.arctan2(*np.reshape(answer["weights"], (-1, 2))[2][::-1])) for answer in (held, free)]
    assert angles[0] == pytest.approx(120, abs=1e-4) and abs(angles[1] - 120) > 1


@pytest.mark.parametrize(
    ("text", "read"),
    [("", ""), ("9_m2_0.3*2_s_1", "2_s_1*9_m2_0.3"), ("x*1_m2*1_m2_*-1_s_2*3_pin4_-1.5", "1_m2_*3_pin4_-1.5"),
     ("1_m2_1e5*1_<b>_2*1_m2_0x9", "")],
)  # fmt: skip
def test_changes_that_cannot_be_read_are_left_out(text, read):
    assert asked(("readChanges", {"text": text})) == [read]


def test_logits_and_angles_of_one_digit():
    random = np.random.default_rng(4)
    for _ in range(20):
        spec, weights, feature = random_spec(random), random.normal(size=(5, 2)), random.normal(size=2)
        head = AngleLinear(2, 5, spec).double()
        with torch.no_grad():
            head.weight.copy_(torch.from_numpy(weights))
        x = torch.from_numpy(feature)[None]
        trained = head.margin_logits(x, torch.tensor([3]))[0, 3].item()
        common = {"weights": weights.ravel().tolist()}
        question = common | {"feature": feature.tolist(), "label": 3, "spec": in_javascript(spec)}
        logits, angles = asked(("logits", question), ("angles", common | {"features": feature.tolist(), "labels": [3]}))
        np.testing.assert_allclose(logits["plain"], head(x)[0].detach(), atol=1e-9)
        assert logits["trained"] == pytest.approx(trained, abs=1e-9)
        cosine = weights[3] @ feature / np.linalg.norm(weights[3]) / np.linalg.norm(feature)
        assert angles["angles"] == pytest.approx([np.arccos(cosine)])
        assert np.argmax(angles["shares"]) == int(np.degrees(np.arccos(cosine)) // 2)
        assert sum(angles["shares"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("spec", "haste", "said"),
    [
        (MarginSpec(True, True, 64, 1, 0.8, 0), 1, "ψ(0) = 0.70; a neighbour gets cos 36° = 0.81"),
        (MarginSpec(True, True, 64, 1, 0.5, 0), 1, "With s = 64"),
        (MarginSpec(True, True, 4, 4, 0, 0), 1, "large m1"),
        (MarginSpec(True, True, 4, 1, 0, 0), 10, "learning rate is large"),
        (MarginSpec(True, True, 4, 1, 0, 0), 1, "another seed"),
    ],
)
def test_trouble_has_a_reason(spec, haste, said):
    assert said in asked(("explained", {"spec": in_javascript(spec), "classes": 10, "haste": haste}))[0]


def test_the_compiled_products_are_of_their_source():
    folder = ROOT / "marginalia" / "viz" / "playground"
    digest = hashlib.sha256((folder / "products.c").read_bytes()).hexdigest()
    assert digest in (folder / "modules" / "products_wasm.mjs").read_text(), "make wasm"


@pytest.mark.parametrize("s", [1, 4, 16])
@pytest.mark.parametrize("m3", [0, 0.1])
def test_training_reaches_the_floor_and_goes_no_lower(s, m3):
    """All features on their weights, the weights evenly around the circle: docs/mathematics.md, the least loss."""
    classes = 10
    turns = 2 * math.pi * np.arange(1, classes) / classes
    floor = math.log(1 + np.exp(s * (np.cos(turns) - 1 + m3)).sum())
    spec = MarginSpec(w_norm=True, x_norm=True, s=s, m1=1, m2=0, m3=m3)
    question = {"classes": classes, "each": 5, "spec": in_javascript(spec), "steps": 4000, "rate": 0.05}
    reached, drawn = asked(("floor", question), ("leastLoss", question))
    assert drawn == pytest.approx(floor, abs=1e-12)
    assert floor - 1e-4 < reached < floor + 1e-3


def test_what_the_network_sees_of_a_digit(mnist):
    image = mnist.test.images[0]
    white, turned, seen, half = asked(
        ("describe", {"pixels": [255] * 784}),
        ("describe", {"pixels": np.rot90(image, 2).ravel().tolist()}),
        ("describe", {"pixels": image.ravel().tolist()}),
        ("describe", {"pixels": (image // 2).ravel().tolist()}),
    )
    cells = np.reshape(seen, (4, 4, 8))
    assert np.square(seen).sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(np.reshape(turned, (4, 4, 8)), np.roll(cells[::-1, ::-1], 4, axis=2), atol=1e-5)
    np.testing.assert_allclose(half, seen, atol=0.02)  # darker ink looks the same
    assert np.reshape(white, (4, 4, 8))[1:3, 1:3].max() == 0  # no edge inside


def test_random_numbers_follow_from_the_seed():
    first, again, other = asked(*(("random", {"seed": seed, "count": 2000}) for seed in (7, 7, 8)))
    assert first == again != other
    assert np.mean(first) == pytest.approx(0.5, abs=0.02) and min(first) >= 0 and max(first) < 1


def test_every_module_stays_readable():
    modules = sorted((ROOT / "marginalia" / "viz" / "playground" / "modules").glob("*.mjs"))
    assert modules
    for path in modules:
        lines = path.read_text().expandtabs(2).splitlines()
        assert len(lines) <= 200, path.name
        assert path.stem == "products_wasm" or not [line for line in lines if len(line) > 120], path.name
