"""Recognisers as what evaluation and t-SNE ask of them: features of image files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

from marginalia.core.errors import InputError
from marginalia.data.images import Readable, Reading, read_pixels
from marginalia.faces.backbones import build_backbone
from marginalia.faces.batches import as_input
from marginalia.faces.checkpoint import BACKBONE
from marginalia.faces.protocol import Similarity, cosine
from marginalia.faces.recipe import Recipe
from marginalia.faces.run_file import BEST, read_run_file
from marginalia.faces.weights import read_weights
from marginalia.training.learner import computing_in

BATCH = 64


class Embedder(Protocol):
    """name: for files. mark: differs for any two that give other features. seen: people it was trained on.

    numbered: whether these have no names but numbers, which are other people's elsewhere. crops: the size of the
    aligned crops that it takes, HEIGHTxWIDTH, or None if it aligns images itself.
    """

    name: str
    mark: bytes
    seen: frozenset[str]
    numbered: bool
    crops: str | None
    similarity: Similarity

    def embed(self, paths: Sequence[Readable], reading: Reading, flipped: bool) -> np.ndarray:
        """Features float32 (N, D) of images, or of their mirror images."""


class NetworkEmbedder:
    """A backbone whose features are compared by their angle."""

    def __init__(
        self, backbone: nn.Module, shape: tuple[int, int], device: torch.device, autocast: torch.dtype | None = None,
        name: str = "model", mark: bytes = b"", seen: frozenset[str] = frozenset(),
    ):  # fmt: skip
        self.backbone, self.shape, self.device, self.autocast = backbone, shape, device, autocast
        self.name, self.mark, self.seen, self.similarity = name, mark, seen, cosine
        self.numbered = False
        self.recipe: Recipe | None = None
        self.crops = "112x112" if shape[0] == shape[1] else "112x96"

    def embed(self, paths: Sequence[Readable], reading: Reading, flipped: bool) -> np.ndarray:
        """Features float32 (N, D) of images, or of their mirror images. Raises InputError if they are not finite."""
        self.backbone.eval()
        parts = []
        with torch.inference_mode():
            for start in range(0, len(paths), BATCH):
                read = [read_pixels(path, "RGB", reading, self.shape) for path in paths[start : start + BATCH]]
                images = as_input(torch.from_numpy(np.stack(read)).to(self.device))
                images = (images.flip(3) if flipped else images).contiguous(memory_format=torch.channels_last)
                with computing_in(self.autocast, self.device):
                    parts.append(self.backbone(images).float().cpu().numpy())
        features = np.concatenate(parts)
        if not np.isfinite(features).all():
            raise InputError(f"{self.name} gives features that are not finite; train it anew, with a lower --lr or --m")
        return features


def load_model(folder: Path, device: torch.device) -> NetworkEmbedder:
    """The backbone of a training's last checkpoint, or of best.safetensors in its folder.

    It computes in float32 whatever it was trained in, so that its features are the same on any machine and in any file
    that it is exported to.
    Raises InputError if there is none or it is damaged.
    """
    best = folder if folder.name == BEST else None
    folder = folder.parent if best else folder
    if folder.is_file():
        known = f"the folder of a training, its {BEST}, an ONNX file, FILE.py:FUNCTION or dlib"
        raise InputError(f"{folder} is a file; --model is {known}")
    description = read_run_file(folder)
    recipe = description.recipe
    backbone = build_backbone(recipe.backbone, recipe.dimension, recipe.shape)
    path = best or description.last_checkpoint(folder) / BACKBONE
    if best and not best.exists():
        raise InputError(f"{best} is missing; a training has it only with --validation or --set")
    state = read_weights(path, description.fingerprint)
    description.require_fits(backbone, state, path)
    backbone = backbone.to(device).to(memory_format=torch.channels_last)
    content = hashlib.blake2b(path.read_bytes(), digest_size=16).digest() + bytes(1)
    seen = frozenset((*description.people, *description.validation_people))
    name = folder.resolve().name + ("_best" if best else "")
    embedder = NetworkEmbedder(backbone, recipe.shape, device, name=name, mark=content, seen=seen)
    embedder.numbered, embedder.recipe = description.numbered, recipe
    return embedder
