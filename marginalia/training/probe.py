"""Sends fixed inputs through a model that trains, without disturbing the training."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest
from marginalia.record.conversion import as_integers
from marginalia.record.thumbnails import SIDE
from marginalia.training.classifier import Classifier, unwrapped

SMALLEST_PICTURE = 8
LOADED, LONGEST_REASON = 250, 100


@dataclass(frozen=True)
class Probe:
    """inputs: a tensor (N, …), or a tuple or dict of such for a model of several arguments; labels: int64 (N,)."""

    inputs: Any
    labels: np.ndarray


@dataclass(frozen=True)
class Seen:
    """features: float32 (N, D); predictions: int64 (N,), or None."""

    features: np.ndarray
    predictions: np.ndarray | None


def as_probes(source: Any) -> dict[str, Probe]:
    """Probes by the name of their split; one alone is "test". Raises InputError naming what cannot be read."""
    named = source if isinstance(source, Mapping) else {"test": source}
    return {str(split): as_probe(str(split), content) for split, content in named.items()}


def as_probe(split: str, source: Any) -> Probe:
    if isinstance(source, Tensor | np.ndarray):
        raise InputError(f"probe {split}: labels are missing; give (inputs, labels)")
    try:
        inputs, labels = source if isinstance(source, tuple | list) else loaded(source)
        inputs = mapped(as_tensor, inputs)
    except Exception as error:  # anything may be given, and each library complains in its own way
        reason = str(error).partition("\n")[0][:LONGEST_REASON]
        raise InputError(f"probe {split} is neither (inputs, labels) nor a DataLoader of them ({reason})") from None
    labels = as_integers(f"probe {split}: labels", labels)
    lengths = {part.shape[0] if part.ndim else 0 for part in parts_of(inputs)}
    if labels.ndim != 1 or lengths != {len(labels)} or not len(labels):
        raise InputError(f"probe {split}: {' or '.join(map(str, lengths))} inputs for labels of shape {labels.shape}")
    return Probe(inputs, labels)


def loaded(source: Any) -> tuple[Any, Tensor]:
    """All inputs and labels of a data set or of a DataLoader."""
    loader = DataLoader(source, LOADED) if isinstance(source, Dataset) else source
    with same_random_states():
        batches = [(inputs, labels) for inputs, labels in loader]
    return joined([inputs for inputs, _ in batches]), torch.cat([torch.as_tensor(labels) for _, labels in batches])


def as_tensor(values: Any) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values) if isinstance(values, np.ndarray) else values)


def thumbnails_of(inputs: Any) -> np.ndarray | None:
    """Inputs (N, H, W) or (N, 1 or 3, H, W) as pictures, uint8 (N, 28, 28) over their own range; None for others."""
    if (
        not isinstance(inputs, Tensor)
        or inputs.ndim not in (3, 4)
        or (inputs.ndim == 4 and inputs.shape[1] not in (1, 3))
    ):
        return None
    grey = inputs.float() if inputs.ndim == 3 else inputs.float().mean(dim=1)
    if min(grey.shape[1:]) < SMALLEST_PICTURE:
        return None
    small = F.interpolate(grey[:, None], (SIDE, SIDE), mode="area")[:, 0]
    low, high = small.amin(), small.amax()
    return (255 * (small - low) / (high - low).clamp(min=1e-12)).round().to(torch.uint8).cpu().numpy()


def joined(batches: list[Any]) -> Any:
    """Batches of inputs, one after the other."""
    first = batches[0]
    if isinstance(first, Mapping):
        return {key: joined([batch[key] for batch in batches]) for key in first}
    if isinstance(first, tuple | list):
        return tuple(joined(list(part)) for part in zip(*batches, strict=True))
    return torch.cat([torch.as_tensor(batch) for batch in batches])


def mapped(function: Callable[[Any], Tensor], inputs: Any) -> Any:
    """The inputs with every tensor replaced by what the function makes of it."""
    if isinstance(inputs, Mapping):
        return {key: function(part) for key, part in inputs.items()}
    return tuple(map(function, inputs)) if isinstance(inputs, tuple) else function(inputs)


def parts_of(inputs: Any) -> list[Tensor]:
    if isinstance(inputs, Mapping):
        return list(inputs.values())
    return list(inputs) if isinstance(inputs, tuple) else [inputs]


def seen_by(
    model: nn.Module, inputs: Any, classifier: Classifier | None, layer: str | nn.Module,
    function: Callable[..., Tensor] | None, batch_size: int,
) -> Seen:  # fmt: skip
    """Features of all inputs, and what the classifier predicts from them. Raises InputError if there are none."""
    model = unwrapped(model)
    tensors = [*model.parameters(), *model.buffers()]
    device = tensors[0].device if tensors else torch.device("cpu")
    dtype = next((tensor.dtype for tensor in tensors if tensor.is_floating_point()), torch.float32)
    head = None if classifier is None else classifier.module
    watched = watched_module(model, head, layer)
    features, predictions = [], []
    with undisturbed(device, model, *([head] if head is not None else [])):
        for start in range(0, len(parts_of(inputs)[0]), batch_size):
            batch = mapped(lambda part: placed(part[start : start + batch_size], device, dtype), inputs)  # noqa: B023
            found = called(function, batch) if function else output_of(model, watched, bool(layer), batch)
            found = as_features(found)
            features.append(found.float().cpu())
            if classifier is not None:
                classifier.require_fits(found)
                predictions.append(classifier.predict(found).cpu())
    return Seen(torch.cat(features).numpy(), torch.cat(predictions).numpy() if predictions else None)


def placed(part: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """A part of the inputs as the model takes it: numbers with a fraction in the model's own format."""
    return part.to(device, dtype) if part.is_floating_point() else part.to(device)


def watched_module(model: nn.Module, head: nn.Module | None, layer: str | nn.Module) -> nn.Module | None:
    """The layer of this name, or the head if it is a part of the model; None if the model's own output counts."""
    if not layer:
        return head if head is not None and any(module is head for module in model.modules()) else None
    return part_of(model, layer)


def part_of(model: nn.Module, part: str | nn.Module) -> nn.Module:
    """The module of this dotted name; a module stays. Raises InputError if there is none."""
    if isinstance(part, nn.Module):
        return part
    named = dict(unwrapped(model).named_modules())
    if part not in named:
        raise InputError(f"the model has no layer {part!r}; {nearest(part, [name for name in named if name])}")
    return named[part]


def output_of(model: nn.Module, watched: nn.Module | None, after: bool, batch: Any) -> Any:
    """What the model returns, or what leaves (`after`) or enters the module that is watched."""
    caught: list[Any] = []
    if watched is None:
        return called(model, batch)
    if after:
        hook = watched.register_forward_hook(lambda module, arguments, output: caught.append(output))
    else:
        hook = watched.register_forward_pre_hook(
            lambda module, arguments, named: caught.append((*arguments, *named.values())[0]), with_kwargs=True
        )
    try:
        output = called(model, batch)
    finally:
        hook.remove()
    if after and not caught:
        raise InputError("the layer is not used when the model is called; choose another one")
    return caught[-1] if caught else output


def called(function: Callable[..., Any], batch: Any) -> Any:
    if isinstance(batch, Mapping):
        return function(**batch)
    return function(*batch) if isinstance(batch, tuple) else function(batch)


def as_features(output: Any) -> Tensor:
    """(N, D); more dimensions are flattened. Raises InputError if it is no tensor."""
    if not isinstance(output, Tensor) or output.ndim < 2:
        kind = f"a tensor of shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
        raise InputError(f"the features must be a tensor (N, D), not {kind}; choose others by layer= or features=")
    return output.flatten(1)


@contextmanager
def undisturbed(device: torch.device, *modules: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards modes and random states are as before.

    The cache of autocast is off, since weights that it converts without gradients would be used in training.
    """
    modes = [(module, module.training) for whole in modules for module in whole.modules()]
    training = [module for module in modules if module.training]
    kind = device.type
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(same_random_states(device))
        stack.enter_context(torch.compiler.set_stance("force_eager"))
        stack.enter_context(
            torch.autocast(
                kind, torch.get_autocast_dtype(kind), enabled=torch.is_autocast_enabled(kind), cache_enabled=False
            )
        )
        synchronised = [m for m, _ in modes if getattr(m, "require_forward_param_sync", False)]
        try:
            for module in modules:
                module.eval()
            for part in synchronised:  # the other processes do not take part
                part.require_forward_param_sync = False  # type: ignore[assignment]
            yield
        finally:
            for part in synchronised:
                part.require_forward_param_sync = True  # type: ignore[assignment]
            for module in training:
                module.train()
            for module, mode in modes:
                module.training = mode


@contextmanager
def same_random_states(device: torch.device | None = None) -> Iterator[None]:
    """The random states of torch, NumPy and Python are as before afterwards."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    devices = [device] if device is not None and device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
