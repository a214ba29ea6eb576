"""A trained backbone as a file for other programs, checked against the backbone itself."""

from __future__ import annotations

import copy
import io
import json
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.faces.backbones import build_backbone
from marginalia.faces.batches import as_input
from marginalia.faces.embedder import NetworkEmbedder
from marginalia.faces.outside import OnnxNetwork
from marginalia.faces.recipe import Recipe
from marginalia.training.tensors import first_line

FORMATS = {"onnx": ".onnx", "torchscript": ".pt", "safetensors": ".safetensors"}
TOLERANCE = 1e-4
OPSET = 18


def export(embedder: NetworkEmbedder, recipe: Recipe, kind: str, out: Path, pixels: np.ndarray) -> float:
    """Writes the backbone, which takes (x - 127.5) / 128 in RGB; returns how far its features are from the backbone's.

    pixels: uint8 (N, H, W, 3), to check with. The distance is the largest difference of any feature over the length of
    the features. Raises InputError, and writes nothing, if it is above 1e-4.
    """
    backbone = copy.deepcopy(embedder.backbone).cpu().float().eval().to(memory_format=torch.contiguous_format)
    batch = as_input(torch.from_numpy(pixels))
    content = WRITERS[kind](backbone, batch, recipe)
    with torch.inference_mode():
        expected, found = backbone(batch), READERS[kind](content, recipe, out)(batch)
    difference = float(((found - expected).abs().amax(dim=1) / expected.norm(dim=1).clamp(min=1e-12)).max())
    if not difference <= TOLERANCE:
        raise InputError(f"{kind} gives features that differ by {difference:.2g} of their length; nothing was written")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, content)
    return difference


def as_onnx(backbone: nn.Module, batch: Tensor, recipe: Recipe) -> bytes:
    """Any number of images at a time."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "network.onnx"
        try:
            torch.onnx.export(
                backbone, (batch[:2],), path, input_names=["images"], output_names=["features"], opset_version=OPSET,
                dynamic_axes={"images": {0: "count"}, "features": {0: "count"}}, dynamo=False,
            )  # fmt: skip
        except Exception as error:  # the exporter has types of its own, also for packages that are missing
            wanted = "it needs pip install 'marginalia-viz[onnx]'"
            raise InputError(f"{recipe.backbone} cannot be written as ONNX ({first_line(error)}); {wanted}") from None
        return path.read_bytes()


def as_torchscript(backbone: nn.Module, batch: Tensor, recipe: Recipe) -> bytes:
    """`torch.jit.load` reads it without this package."""
    packed = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(backbone, batch[:2]), packed)
    return packed.getvalue()


def as_safetensors(backbone: nn.Module, batch: Tensor, recipe: Recipe) -> bytes:
    """The weights, and in the metadata which network they are of."""
    described = {"backbone": recipe.backbone, "dimension": recipe.dimension, "size": recipe.size}
    weights = {name: value.contiguous() for name, value in backbone.state_dict().items()}
    return save(weights, {"marginalia": json.dumps(described)})


def from_onnx(content: bytes, recipe: Recipe, out: Path) -> nn.Module:
    return OnnxNetwork(out, content)


def from_torchscript(content: bytes, recipe: Recipe, out: Path) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.load(io.BytesIO(content))


def from_safetensors(content: bytes, recipe: Recipe, out: Path) -> nn.Module:
    network = build_backbone(recipe.backbone, recipe.dimension, recipe.shape)
    network.load_state_dict(load(content))
    return network.eval()


WRITERS: dict[str, Callable[[nn.Module, Tensor, Recipe], bytes]] = {
    "onnx": as_onnx, "torchscript": as_torchscript, "safetensors": as_safetensors,
}  # fmt: skip
READERS: dict[str, Callable[[bytes, Recipe, Path], nn.Module]] = {
    "onnx": from_onnx, "torchscript": from_torchscript, "safetensors": from_safetensors,
}  # fmt: skip
