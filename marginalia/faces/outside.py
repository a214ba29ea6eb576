"""Recognisers from elsewhere: an ONNX file, or a function of a Python file that returns a network."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.user_code import load, short_name
from marginalia.faces.embedder import NetworkEmbedder

ONNX = ".onnx"
USUAL_SIZE = (112, 112)
CHANNELS, NOISE = 3, 4


class OnnxNetwork(nn.Module):
    """An ONNX file, or its bytes, as a network: float32 (N, 3, H, W) -> (N, D). size: (H, W), by default 112 x 112."""

    def __init__(self, path: Path, content: bytes | None = None):
        super().__init__()
        self.path = path
        onnxruntime = installed_runtime()
        try:
            self.session = onnxruntime.InferenceSession(content or str(path), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has types of its own for what is damaged
            raise InputError(f"{path} cannot be read as ONNX ({first_words(error)})") from None
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != CHANNELS):
            raise InputError(f"{path} takes {[tuple(put.shape) for put in inputs]}, not images (N, 3, H, W)")
        if len(outputs) != 1:
            raise InputError(f"{path} has the outputs {', '.join(put.name for put in outputs)}; one is needed")
        self.input, self.output = inputs[0].name, outputs[0].name
        self.batch = shape[0] if isinstance(shape[0], int) else None
        known = all(isinstance(side, int) for side in shape[2:])
        self.size = (int(shape[2]), int(shape[3])) if known else USUAL_SIZE

    def forward(self, images: Tensor) -> Tensor:
        pixels = np.ascontiguousarray(images.cpu().numpy())
        each = self.batch or len(pixels)
        missing = -len(pixels) % each
        filled = np.concatenate((pixels, np.repeat(pixels[-1:], missing, axis=0)))
        try:
            found = [self.session.run([self.output], {self.input: filled[start : start + each]})[0]
                     for start in range(0, len(filled), each)]  # fmt: skip
        except Exception as error:
            raise InputError(f"{self.path} fails on {each} images of {self.size} ({first_words(error)})") from None
        return torch.from_numpy(np.concatenate(found)[: len(pixels)])


class Checked(nn.Module):
    """A network of anybody's: whatever it raises is an error in one line, and so is another shape than (N, D)."""

    def __init__(self, network: nn.Module, what: str, running: Callable[[str], AbstractContextManager]):
        super().__init__()
        self.network, self.what, self.running = network, what, running

    def forward(self, images: Tensor) -> Tensor:
        with self.running(f"the network on {len(images)} images"):
            features = self.network(images)
            if not isinstance(features, Tensor) or features.ndim != 2 or len(features) != len(images):
                given = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
                raise InputError(f"{self.what} gives {given} for {len(images)} images, not (N, D)")
            return features


def load_onnx(path: Path) -> NetworkEmbedder:
    """Its images are (x - 127.5) / 128, RGB. Raises InputError if it is no recogniser."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    network = OnnxNetwork(path)
    checked = Checked(network, str(path), lambda _: contextlib.nullcontext())
    return judged(checked, network.size, torch.device("cpu"), path.stem)


def load_from_python(text: str, device: torch.device) -> NetworkEmbedder:
    """What the function PATH.py:NAME returns: a network (N, 3, H, W) -> (N, D).

    Its images are (x - 127.5) / 128, RGB. Its attribute `size`, (H, W), says which images it takes; without it they are
    112 x 112. Raises InputError if the file or the network fails.
    """
    code = load(text)
    with code.running(code.name):
        network = code.value()
    if not isinstance(network, nn.Module):
        raise InputError(f"{text} returns {type(network).__name__}; a torch.nn.Module is needed")
    size = getattr(network, "size", USUAL_SIZE)
    if not isinstance(size, tuple | list) or [isinstance(side, int) and side > 0 for side in size] != [True, True]:
        raise InputError(f"{text}: size is {size!r}; (H, W) is needed")
    return judged(Checked(network, text, code.running), tuple(size), device, short_name(text))


def judged(network: Checked, size: tuple[int, int], device: torch.device, name: str) -> NetworkEmbedder:
    """The recogniser. Its mark is made of what it gives for some noise, whatever that depends on."""
    network = network.to(device).eval()
    noise = torch.randn(NOISE, CHANNELS, *size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        features = network(noise.to(device)).float().cpu().numpy()
    mark = hashlib.blake2b(features.tobytes(), digest_size=16).digest()
    return NetworkEmbedder(network, size, device, name=name, mark=mark)


def first_words(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def installed_runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(f"onnxruntime is not installed ({error}); pip install 'marginalia-viz[onnx]'") from None
    return onnxruntime
