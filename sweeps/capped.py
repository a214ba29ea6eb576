"""The tiny encoder with features of length 10 at most, for sweeps/norm.json."""

from marginalia.models import ENCODERS

LONGEST = 10.0


class Capped(ENCODERS["tiny"]):
    """Features longer than this are shortened; the gradient sees it."""

    def forward(self, images):
        features = super().forward(images)
        return features * (LONGEST / features.norm(dim=1, keepdim=True)).clamp(max=1)
