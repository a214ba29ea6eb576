"""The encoders: shapes, channels as in the papers, gradients everywhere."""

import pytest
import torch
from torch import nn

from marginalia.models import ENCODERS
from marginalia.models.convolution import Conv2d
from marginalia.models.prelu import PReLU


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("dimension", [2, 3])
def test_shape_and_gradients(name, dimension):
    torch.manual_seed(0)
    encoder = ENCODERS[name](dimension)
    features = encoder(torch.randn(8, 1, 28, 28))
    assert features.shape == (8, dimension)
    features.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in encoder.parameters())


@pytest.mark.parametrize("name", ENCODERS)
def test_no_activation_follows_the_embedding(name):
    torch.manual_seed(0)
    encoder, images = ENCODERS[name](), torch.randn(8, 1, 28, 28)
    features = encoder(images)
    for parameter in encoder.embedding.parameters():
        parameter.data.neg_()
    torch.testing.assert_close(encoder(images), -features)


def test_lenet_is_table_1():
    convolutions = [m for m in ENCODERS["LeNet_pp"]().modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [32, 32, 64, 64, 128, 128]
    assert {m.kernel_size for m in convolutions} == {(5, 5)}


def test_mini_resnet_has_a_block_a_stage():
    blocks = [m for m in ENCODERS["MiniResnet18"]().modules() if type(m).__name__ == "BasicBlock"]
    assert [block.conv1.out_channels for block in blocks] == [32, 64, 128]


@pytest.mark.parametrize("slope", [0.25, 0.0, -0.5, 1.5])
def test_prelu_equals_torchs(slope):
    torch.manual_seed(0)
    x = torch.randn(4, 3, 5, 5, dtype=torch.float64)
    gradient = torch.randn_like(x)
    results = []
    for layer in (PReLU(slope).double(), nn.PReLU(init=slope).double()):
        mine = x.clone().requires_grad_()
        out = layer(mine)
        out.backward(gradient)
        results.append((out, mine.grad, layer.weight.grad))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_prelu_gradient_is_that_of_the_function():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(PReLU().double(), (x,))


def test_prelu_in_bfloat16_is_as_near_as_its_digits():
    torch.manual_seed(0)
    x = torch.randn(64, 32, 14, 14)
    exact, rounded = PReLU(), PReLU()
    for layer, values in ((exact, x), (rounded, x.bfloat16())):
        layer(values).square().mean().backward()
    torch.testing.assert_close(rounded.weight.grad, exact.weight.grad, rtol=0.01, atol=0)


@pytest.mark.parametrize(("size", "padding"), [((3, 4, 6, 5), 2), ((1, 2, 5, 5), 0)])
def test_the_convolution_equals_torchs(size, padding):
    torch.manual_seed(0)
    x = torch.randn(*size, dtype=torch.float64)
    layers = [kind(size[1], 7, 5, padding=padding).double() for kind in (Conv2d, nn.Conv2d)]
    layers[0].load_state_dict(layers[1].state_dict())
    results = []
    for layer in layers:
        mine = x.clone().requires_grad_()
        out = layer(mine)
        out.square().sum().backward()
        results.append((out, mine.grad, layer.weight.grad, layer.bias.grad))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_convolution_in_bfloat16_is_near_torchs():
    torch.manual_seed(0)
    x = torch.randn(8, 16, 6, 6).contiguous(memory_format=torch.channels_last)
    layers = [kind(16, 32, 5, padding=2).to(memory_format=torch.channels_last) for kind in (Conv2d, nn.Conv2d)]
    layers[0].load_state_dict(layers[1].state_dict())
    gradients = []
    for layer in layers:
        with torch.autocast("cpu", torch.bfloat16):
            out = layer(x)
        assert out.dtype == torch.bfloat16
        out.float().square().mean().backward()
        assert layer.weight.grad.dtype == torch.float32
        gradients.append(layer.weight.grad)
    torch.testing.assert_close(*gradients, atol=0.02 * float(gradients[1].abs().max()), rtol=0)
