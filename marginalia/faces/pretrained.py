"""Weights that a backbone begins with, from a file of safetensors or of torch. Reading runs no code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load
from torch import Tensor, nn

from marginalia.core.errors import InputError
from marginalia.core.names import listed
from marginalia.training.tensors import first_line

SAFETENSORS = ".safetensors"
SHOWN = 3


@dataclass(frozen=True)
class Pretrained:
    """tensors: by their names in the network. digest: of the file."""

    path: Path
    tensors: dict[str, Tensor]
    digest: str

    def put_into(self, network: nn.Module) -> None:
        """All that fit by name and shape; the last layer has another width. InputError if fewer than half do."""
        state = network.state_dict()
        fitting = self.fitting(state)
        if 2 * len(fitting) < len(state):
            raise InputError(f"{self.path}: {len(fitting)} of {len(state)} tensors fit; is it of another network?")
        network.load_state_dict(state | fitting)

    def fitting(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: value for name, value in self.tensors.items()
                if name in state and value.shape == state[name].shape}  # fmt: skip

    def line(self, network: nn.Module) -> str:
        """What a person should know: how many fit, and which begin anew."""
        state = network.state_dict()
        fitting = self.fitting(state)
        anew = [name for name in state if name not in fitting]
        rest = f"; anew begin {listed(anew, SHOWN)}" if anew else ""
        return f"{self.path}: {len(fitting)} of {len(state)} tensors{rest}"


def read_pretrained(path: Path) -> Pretrained:
    """Raises InputError if there is no such file or it holds anything else than tensors."""
    try:
        content = path.read_bytes()
        if path.suffix == SAFETENSORS:
            tensors = load(content)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
            tensors = found.get("state_dict", found) if isinstance(found, dict) else {}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except Exception as error:  # readers of damaged files raise whatever comes
        raise InputError(f"{path} cannot be read as weights ({first_line(error)})") from None
    tensors = {str(name).removeprefix("module."): value for name, value in tensors.items() if isinstance(value, Tensor)}
    if not tensors:
        raise InputError(f"{path} holds no weights")
    return Pretrained(path, tensors, hashlib.blake2b(content, digest_size=16).hexdigest())
