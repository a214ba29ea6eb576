"""Where and in what number format a run computes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError


def resolve_device(name: str) -> torch.device:
    """`auto` takes CUDA, then Apple's MPS, then the processor. Raises InputError for a device that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if there[device])
    if not there[name]:
        found = ", ".join(device for device, is_there in there.items() if is_there)
        raise InputError(f"--device {name} is not there on this machine; there is: {found}")
    return torch.device(name)


def resolved(config: RunConfig, device: torch.device) -> RunConfig:
    """The config with `auto` replaced by what it means on this machine, since that decides a run's numbers."""
    precision = "bf16" if uses_bfloat16(config.training.precision, device) else "fp32"
    return replace(config, training=replace(config.training, device=device.type, precision=precision))


def resolved_for_cluster(config: RunConfig, gpus: float) -> RunConfig:
    """The config with `auto` replaced by what every node can do, so that no two runs of a sweep differ by their node.

    gpus: what a run is given. The precision `auto` means float32, which all have.
    """
    asked = config.training
    device = ("cuda" if gpus else "cpu") if asked.device == "auto" else asked.device
    precision = "fp32" if asked.precision == "auto" else asked.precision
    return replace(config, training=replace(asked, device=device, precision=precision))


def uses_bfloat16(precision: str, device: torch.device, encoder: nn.Module | None = None) -> bool:
    """Whether an encoder computes in bfloat16: asked for, or `auto` where the hardware has it and is faster with it.

    On processors grouped convolutions are faster in float32, see benchmarks/README.md. Without an encoder none are
    assumed.
    """
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    grouped = encoder is not None and has_grouped_convolutions(encoder)
    return device.type == "cpu" and cpu_has_bfloat16() and not grouped


def has_grouped_convolutions(encoder: nn.Module) -> bool:
    """Whether it has convolutions that see a part of the channels only, as MobileNet's depthwise ones."""
    return any(isinstance(module, nn.Conv2d) and module.groups > 1 for module in encoder.modules())


def cpu_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself (Intel AMX, AVX-512 BF16)."""
    get_capabilities = getattr(torch.cpu, "get_capabilities", None)
    if get_capabilities is None:
        return False
    capabilities = get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def torch_here() -> dict[str, str]:
    """The version of torch and its number of threads, which decide the last bits of a run's numbers."""
    return {"torch": torch.__version__, "threads": str(torch.get_num_threads())}
