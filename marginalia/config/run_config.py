"""The settings of a run as dataclasses, checked once when they are made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from marginalia.core.margin import MarginSpec
from marginalia.core.names import FOLDER_PREFIX, with_path
from marginalia.core.parsing import require_between, require_choice, require_finite
from marginalia.core.user_code import UserCode, is_user_code
from marginalia.losses.spec import LossSpec

BASEMODELS = ("LeNet_pp", "MiniResnet18", "tiny")
OPTIMIZERS = ("adamw", "sgd")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "bf16", "fp32")
STARTS = ("random", "even")
VISUAL_DIMENSIONS = (2, 3)
ALL = "all"
GEOMETRIC = "geometric"
MOST = 2**32 - 1
LEAST_EPOCHS, MOST_EPOCHS = 0.01, 10_000
MOST_CROP = 2
LEAST_SIZE, MOST_SIZE = 16, 256


@dataclass(frozen=True)
class DataConfig:
    """train_points, test_points: how many images of each split a snapshot holds, or "all".

    crop: pixels cut off each side of an image, 0 to 2. image_size: pixels of each side to which the images of a folder
    are scaled, in colour; 0 is 28 in grey.
    validation: how many training images are set aside to choose by; the same for every seed.
    holdout: names of classes that are left out of training, sorted; their test images are drawn as crosses.
    """

    dataset: str
    data_dir: str
    train_points: int | str
    test_points: int | str
    holdout: tuple[str, ...]
    crop: int
    image_size: int
    validation: int

    def __post_init__(self) -> None:
        for name in ("train_points", "test_points"):
            require_count_or(name, getattr(self, name), ALL, MOST)
        require_between("crop", self.crop, 0, MOST_CROP)
        require_between("validation", self.validation, 0, MOST)
        if self.image_size:
            require_between("image_size", self.image_size, LEAST_SIZE, MOST_SIZE)
            if not self.dataset.startswith(FOLDER_PREFIX):
                raise ValueError(f"image_size is for folder:PATH; {self.dataset} has a size of its own")
        object.__setattr__(self, "holdout", tuple(sorted(set(self.holdout))))
        object.__setattr__(self, "dataset", with_path(self.dataset, one_spelling))


def require_count_or(name: str, value: int | str, word: str, most: int) -> None:
    """ValueError unless the value is this word or a number from 1 to `most`."""
    if isinstance(value, str):
        require_choice(name, value, (word,))
    else:
        require_between(name, value, 1, most)


def one_spelling(path: str) -> str:
    """The same for "pics", "./pics" and "pics/". `~` is the home folder, which shells leave alone within a word."""
    try:
        return str(Path(path).expanduser())
    except RuntimeError:  # a user who is not there
        return str(Path(path))


@dataclass(frozen=True)
class ModelConfig:
    """basemodel: one of BASEMODELS, or PATH.py:NAME of the user's own."""

    basemodel: str
    visual_dimension: int

    def __post_init__(self) -> None:
        if not is_user_code(self.basemodel):
            require_choice("basemodel", self.basemodel, (*BASEMODELS, "FILE.py:NAME"))
        require_choice("visual_dimension", self.visual_dimension, VISUAL_DIMENSIONS)


@dataclass(frozen=True)
class TrainingConfig:
    """epochs: passes over the training images; may be less than 1.

    snapshots: how many an epoch has, or "geometric", see `training.loop.snapshot_schedule`; one before training comes
    on top.
    start: how the class directions are drawn, see `losses.head.initial_directions`.
    lambda_start, lambda_decay, lambda_least: a margin on the angle that comes in slowly, see
    `losses.angle_linear.annealed_lambda`; off with lambda_start 0.
    """

    epochs: float
    snapshots: int | str
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
        require_between("epochs", self.epochs, LEAST_EPOCHS, MOST_EPOCHS)
        if self.epochs == int(self.epochs):
            object.__setattr__(self, "epochs", int(self.epochs))
        require_count_or("snapshots", self.snapshots, GEOMETRIC, 100)
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
    """Everything that a run needs and that decides its numbers. ValueError if its parts do not go together.

    encoder: what model.basemodel names if it is of the user's own.
    """

    name: str
    lossname: str
    loss: LossSpec
    data: DataConfig
    model: ModelConfig
    training: TrainingConfig
    optimizer: OptimizerConfig
    encoder: UserCode | None = None

    def __post_init__(self) -> None:
        if self.training.lambda_start and not (isinstance(self.loss, MarginSpec) and self.loss.is_angular):
            raise ValueError(f"lambda_start softens a margin on the angle, m1 or m2, and {self.lossname} has none")
