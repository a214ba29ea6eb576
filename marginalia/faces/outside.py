"""Recognisers from elsewhere: an ONNX file, or a function of a Python file that returns a network."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.user_code import load
from marginalia.faces.embedder import NetworkEmbedder

ONNX = ".onnx"
USUAL_SIZE = (112, 112)
CHANNELS = 3


class OnnxNetwork(nn.Module):
    """An ONNX file as a network: float32 (N, 3, H, W) -> (N, D). size: (H, W), by default 112 x 112."""

    def __init__(self, path: Path, content: bytes):
        super().__init__()
        self.path = path
        onnxruntime = installed_runtime()
        try:
            self.session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has types of its own for what is damaged
            raise InputError(f"{path} cannot be read as ONNX ({first_words(error)})") from None
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or len(shape) != 4 or shape[1] not in (CHANNELS, None, "channels"):
            raise InputError(f"{path} takes {[tuple(put.shape) for put in inputs]}, not images (N, 3, H, W)")
        self.input, self.output = inputs[0].name, outputs[0].name
        self.one_by_one = shape[0] == 1
        known = all(isinstance(side, int) for side in shape[2:])
        self.size = (int(shape[2]), int(shape[3])) if known else USUAL_SIZE

    def forward(self, images: Tensor) -> Tensor:
        batch = np.ascontiguousarray(images.cpu().numpy())
        parts = np.split(batch, len(batch)) if self.one_by_one else [batch]
        try:
            found = [self.session.run([self.output], {self.input: part})[0] for part in parts]
        except Exception as error:
            raise InputError(f"{self.path} fails on images of {batch.shape[2:]} ({first_words(error)})") from None
        features = np.concatenate(found)
        if features.ndim != 2 or len(features) != len(batch):
            raise InputError(f"{self.path} gives {features.shape} for {len(batch)} images, not (N, D)")
        return torch.from_numpy(features)


def load_onnx(path: Path) -> NetworkEmbedder:
    """Its images are (x - 127.5) / 128, RGB. Raises InputError if it is no recogniser."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    network = OnnxNetwork(path, content)
    mark = hashlib.blake2b(content, digest_size=16).digest()
    return NetworkEmbedder(network, network.size, torch.device("cpu"), name=path.stem, mark=mark)


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
    if not (isinstance(size, tuple | list) and len(size) == 2 and all(isinstance(side, int) for side in size)):
        raise InputError(f"{text}: size is {size!r}; (H, W) is needed")
    network = network.to(device).eval()
    with code.running("the network on two images"), torch.inference_mode():
        found = network(torch.zeros(2, CHANNELS, *size, device=device))
    if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != 2:
        raise InputError(f"{text}: the network gives {getattr(found, 'shape', type(found).__name__)} for two images")
    return NetworkEmbedder(network, tuple(size), device, name=Path(code.path).stem, mark=mark_of(code.sha256, network))


def mark_of(sha256: str, network: nn.Module) -> bytes:
    """Differs for another file and for other weights."""
    digest = hashlib.blake2b(sha256.encode(), digest_size=16)
    for name, value in network.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.digest()


def first_words(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def installed_runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(f"onnxruntime is not installed ({error}); pip install 'marginalia-viz[onnx]'") from None
    return onnxruntime
