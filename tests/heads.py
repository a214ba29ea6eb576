"""Heads with numbers for tests, and a batch of features for them."""

from __future__ import annotations

import torch

from marginalia.losses.head import Head
from marginalia.losses.registry import build_head, heads

N, C, D = 40, 7, 3


def spec(name: str, **numbers):
    """The numbers of the head of this name."""
    return heads()[name].Spec(**numbers)


NUMBERS = {
    "center": spec("center", weight=0.3, alpha=0.5),
    "learned-scale": spec("learned-scale", s=5),
    "AdaCos": spec("AdaCos"),
    "SphereFace-R": spec("SphereFace-R", s=6, m=1.5, version=1),
    "SphereFace2": spec("SphereFace2", r=8, m=0.2, t=3, balance=0.7),
    "CurricularFace": spec("CurricularFace", s=6, m=0.3),
    "MagFace": spec("MagFace", s=6, l_a=0.5, u_a=3, l_m=0.1, u_m=0.5, weight=0.7),
    "AdaFace": spec("AdaFace", s=6, m=0.3, h=0.5),
    "ElasticFace": spec("ElasticFace", s=6, m=0.3, sigma=0),
    "sub-center": spec("sub-center", s=6, m=0.3, centres=3),
    "UniFace": spec("UniFace", s=6, m=0.3),
    "Circle": spec("Circle", s=8, m=0.25),
    "RBF-softmax": spec("RBF-softmax", s=4, gamma=9),
    "Gaussian-mixture": spec("Gaussian-mixture", alpha=0.4, weight=0.1),
    "pml": spec("pml", loss="SupConLoss"),
}


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(N, D, generator=random), torch.randint(C, (N,), generator=random)


STATES = {
    "centres": torch.linspace(-1, 1, C * D).reshape(C, D),
    "scale": 3.3,
    "t": 0.4,
    "mean": 1.5,
    "spread": 0.4,
    "bias": 0.7,
}


def head_named(name: str, **numbers):
    """In eval, with random weights, and with a state as in the middle of training."""
    return head_with(spec(name, **numbers) if numbers else NUMBERS[name]).eval()


def head_with(numbers) -> Head:
    """With random weights of any length, and a state as in the middle of training."""
    torch.manual_seed(1)
    head = build_head(numbers, D, C, "random")
    with torch.no_grad():
        head.weight.copy_(torch.randn(head.weight.shape))
        for key, value in head.state_dict().items():
            if key in STATES:
                value.copy_(torch.as_tensor(STATES[key]))
    return head
