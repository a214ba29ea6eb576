"""What a run is asked to do: parsed and checked once, so that nobody downstream sees a dict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from errors import InputError
from losses.margin import MarginSpec
from losses.specs import HEADS, HeadSpec, MetricLearningSpec
from training.parsing import (
    nearest,
    parse,
    parse_table,
    require_between,
    require_choice,
    require_finite,
    require_keys,
    require_object,
)

BASEMODELS = ("LeNet_pp", "MiniResnet18")
OPTIMIZERS = ("adamw", "sgd")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "bf16", "fp32")
STARTS = ("random", "even")
VISUAL_DIMENSIONS = (2, 3)
ALL = "all"
MOST = 2**32 - 1
MOST_EPOCHS = 10_000
LONGEST_NAME = 60
PML_PREFIX = "pml:"
LossSpec = MarginSpec | HeadSpec
SHARED_KEYS = {"dataset", "data_dir", "device", "holdout"}


@dataclass(frozen=True)
class DataConfig:
    """train_points, test_points: how many images of each split a snapshot holds, or "all".

    holdout: names of classes that are left out of training; their test images are shown as strangers.
    """

    dataset: str
    data_dir: str
    train_points: int | str
    test_points: int | str
    holdout: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("train_points", "test_points"):
            value = getattr(self, name)
            if isinstance(value, str):
                require_choice(name, value, (ALL,))
            else:
                require_between(name, value, 1, MOST)


@dataclass(frozen=True)
class ModelConfig:
    basemodel: str
    visual_dimension: int

    def __post_init__(self) -> None:
        require_choice("basemodel", self.basemodel, BASEMODELS)
        require_choice("visual_dimension", self.visual_dimension, VISUAL_DIMENSIONS)


@dataclass(frozen=True)
class TrainingConfig:
    """snapshots_per_epoch: how often an epoch is cut to look at the features; the one before training comes on top.

    start: how the class directions are drawn, see `losses.head.initial_directions`.
    lambda_start, lambda_decay, lambda_least: a margin on the angle that comes in slowly, see
    `losses.angle_linear.annealed`; off with lambda_start 0.
    """

    epochs: int
    snapshots_per_epoch: int
    batch_size: int
    optimizer: str
    seed: int
    device: str
    precision: str
    start: str
    lambda_start: float
    lambda_decay: float
    lambda_least: float

    def __post_init__(self) -> None:
        require_between("epochs", self.epochs, 1, MOST_EPOCHS)
        require_between("snapshots_per_epoch", self.snapshots_per_epoch, 1, 100)
        require_between("batch_size", self.batch_size, 2, MOST)
        require_between("seed", self.seed, 0, MOST)
        require_choice("optimizer", self.optimizer, OPTIMIZERS)
        require_choice("device", self.device, DEVICES)
        require_choice("precision", self.precision, PRECISIONS)
        require_choice("start", self.start, STARTS)
        for name in ("lambda_start", "lambda_decay", "lambda_least"):
            require_between(name, getattr(self, name), 0, MOST)
        if self.lambda_least > self.lambda_start:
            raise ValueError(f"lambda_least must be at most lambda_start = {self.lambda_start:g}")


@dataclass(frozen=True)
class OptimizerConfig:
    """A recipe. lr is the peak rate; it rises over the share `warmup` of all steps and falls to 0 as a cosine.

    momentum is beta_1 for AdamW, and beta2 its memory of squared gradients, which SGD has none of. clip_norm bounds the
    norm of the whole gradient; slopes and biases do not decay.
    """

    lr: float
    momentum: float
    beta2: float
    weight_decay: float
    warmup: float
    clip_norm: float

    def __post_init__(self) -> None:
        for name in ("lr", "clip_norm"):
            require_finite(name, getattr(self, name))
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than 0, not {getattr(self, name):g}")
        require_between("weight_decay", self.weight_decay, 0, MOST)
        for name in ("momentum", "beta2", "warmup"):
            require_between(name, getattr(self, name), 0, MOST)
            if getattr(self, name) >= 1:
                raise ValueError(f"{name} must be less than 1, not {getattr(self, name):g}")


@dataclass(frozen=True)
class RunConfig:
    """Everything that a run needs and that decides its numbers. ValueError if its parts do not go together."""

    name: str
    lossname: str
    loss: LossSpec
    data: DataConfig
    model: ModelConfig
    training: TrainingConfig
    optimizer: OptimizerConfig

    def __post_init__(self) -> None:
        if self.training.lambda_start and not (isinstance(self.loss, MarginSpec) and self.loss.bends_the_angle):
            raise ValueError(f"lambda_start softens a margin on the angle, m1 or m2, and {self.lossname} has none")


@dataclass(frozen=True)
class ConfigFile:
    """config.json, read and checked; `losses` and `optimizers` are tables by name.

    recipes: what the row of a loss changes about model or training, under its key "recipe".
    """

    data: DataConfig
    model: ModelConfig
    training: TrainingConfig
    optimizers: dict[str, OptimizerConfig]
    quick: dict[str, Any]
    losses: dict[str, LossSpec]
    recipes: dict[str, dict[str, Any]]

    def loss(self, lossname: str) -> LossSpec:
        """The preset's row, or "pml:NAME"; InputError with the nearest names if there is none."""
        if lossname.startswith(PML_PREFIX):
            return parse(MetricLearningSpec, {"loss": lossname.removeprefix(PML_PREFIX)}, f"--lossname {lossname}")
        if lossname not in self.losses:
            raise InputError(f"unknown loss {lossname!r}; {nearest(lossname, self.losses)}")
        return self.losses[lossname]

    def margin(self, lossname: str) -> MarginSpec:
        """What is drawn of the preset: of a further head, its logits without margin."""
        return self.loss(lossname).drawn


def read_config(path: Path) -> ConfigFile:
    """config.json as a ConfigFile. Raises InputError that names the file, the section and the key."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    sections = ("data", "model", "training", "optimizers", "quick", "losses")
    require_keys(content, sections, str(path))
    rows, recipes = split_recipes(content["losses"], f"{path}: losses")
    optimizers = parse_table(OptimizerConfig, content["optimizers"], f"{path}: optimizers")
    require_keys(optimizers, OPTIMIZERS, f"{path}: optimizers")
    config = ConfigFile(
        data=parse(DataConfig, content["data"], f"{path}: data"),
        model=parse(ModelConfig, content["model"], f"{path}: model"),
        training=parse(TrainingConfig, content["training"], f"{path}: training"),
        optimizers=optimizers,
        quick=content["quick"],
        losses=parse_losses(rows, f"{path}: losses"),
        recipes=recipes,
    )
    with_overrides(config, content["quick"], f"{path}: quick")
    for name, recipe in recipes.items():
        with_overrides(config, recipe, f"{path}: losses: {name}: recipe")
        for key in SHARED_KEYS & recipe.keys():
            raise InputError(f"{path}: losses: {name}: recipe: {key!r} is the same for all losses of a command")
        if not 0 < len(name) <= LONGEST_NAME:
            raise InputError(f"{path}: losses: {name[:20]!r} is no name of 1 to {LONGEST_NAME} letters")
    return config


def parse_losses(rows: dict[str, Any], where: str) -> dict[str, LossSpec]:
    """The table of losses: a row with a key "head" names one of HEADS and its numbers, others are AngleLinear's."""
    if not rows:
        raise InputError(f"{where} is empty; at least one row is needed")
    losses: dict[str, LossSpec] = {}
    for name, row in rows.items():
        head = row.get("head")
        if head is None:
            losses[name] = parse(MarginSpec, row, f"{where}: {name}")
            continue
        if not isinstance(head, str) or head not in HEADS:
            raise InputError(f"{where}: {name}: unknown head {head!r}; {nearest(str(head), HEADS)}")
        numbers = {key: value for key, value in row.items() if key != "head"}
        losses[name] = parse(HEADS[head], numbers, f"{where}: {name}")
    return losses


def split_recipes(table: Any, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of the table of losses without their recipes, and the recipes, {} where a row has none."""
    require_object(table, where)
    rows, recipes = {}, {}
    for name, row in table.items():
        require_object(row, f"{where}: {name}")
        rows[name] = {key: value for key, value in row.items() if key != "recipe"}
        recipes[name] = row.get("recipe", {})
    return rows, recipes


def with_overrides(config: ConfigFile, overrides: Mapping[str, Any], where: str) -> ConfigFile:
    """The config with single settings of data, model or training replaced, whichever section they belong to."""
    require_object(overrides, where)
    sections = {name: dict(vars(getattr(config, name))) for name in ("data", "model", "training")}
    for key, value in overrides.items():
        owner = next((section for section in sections.values() if key in section), None)
        if owner is None:
            raise InputError(f"{where}: unknown key {key!r}; {nearest(key, [k for s in sections.values() for k in s])}")
        owner[key] = value
    return replace(
        config,
        data=parse(DataConfig, sections["data"], where),
        model=parse(ModelConfig, sections["model"], where),
        training=parse(TrainingConfig, sections["training"], where),
    )
