"""The encoder of a run: one of ours, or one from a file of the user's own."""

from __future__ import annotations

from torch import nn

from marginalia.config.run_config import ModelConfig
from marginalia.core.errors import InputError
from marginalia.core.user_code import UserCode
from marginalia.models import ENCODERS

Shape = tuple[int, int, int]


def build_encoder(model: ModelConfig, code: UserCode | None, shape: Shape) -> nn.Module:
    """A new encoder of images of this shape: channels, height, width.

    Raises InputError if one of the user's own cannot be made, or is no module.
    """
    if code is None:
        return ENCODERS[model.basemodel](model.visual_dimension, shape)
    with code.running(f"{code.name}({model.visual_dimension}, {shape})"):
        encoder = code.value(model.visual_dimension, shape)
    if not isinstance(encoder, nn.Module):
        raise InputError(f"{code.name}(dimension, shape) gives {type(encoder).__name__}; give a torch.nn.Module")
    return encoder
