"""Heads with numbers for tests, and a batch of features for them."""

from __future__ import annotations

import torch

from marginalia.config import heads as specs
from marginalia.losses.table import build_head

N, C, D = 40, 7, 3
NUMBERS = {
    "center": specs.CenterSpec(weight=0.3, alpha=0.5),
    "learned-scale": specs.LearnedScaleSpec(s=5),
    "AdaCos": specs.AdaCosSpec(),
    "SphereFace-R": specs.SphereFaceRSpec(s=6, m=1.5, version=1),
    "SphereFace2": specs.SphereFace2Spec(r=8, m=0.2, t=3, balance=0.7),
    "CurricularFace": specs.CurricularSpec(s=6, m=0.3),
    "MagFace": specs.MagFaceSpec(s=6, l_a=0.5, u_a=3, l_m=0.1, u_m=0.5, weight=0.7),
    "AdaFace": specs.AdaFaceSpec(s=6, m=0.3, h=0.5),
    "ElasticFace": specs.ElasticSpec(s=6, m=0.3, sigma=0),
    "sub-center": specs.SubCenterSpec(s=6, m=0.3, centres=3),
    "UniFace": specs.UniFaceSpec(s=6, m=0.3),
    "Circle": specs.CircleSpec(s=8, m=0.25),
    "RBF-softmax": specs.RBFSoftmaxSpec(s=4, gamma=9),
    "Gaussian-mixture": specs.GaussianMixtureSpec(alpha=0.4, weight=0.1),
    "pml": specs.MetricLearningSpec("SupConLoss"),
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


def head_named(name: str, spec=None):
    """In eval, with random weights, and with a state as in the middle of training."""
    torch.manual_seed(1)
    head = build_head(spec or NUMBERS[name], D, C, "random")
    with torch.no_grad():
        head.weight.copy_(torch.randn(head.weight.shape))
        for key, value in head.state_dict().items():
            if key in STATES:
                value.copy_(torch.as_tensor(STATES[key]))
    return head.eval()
