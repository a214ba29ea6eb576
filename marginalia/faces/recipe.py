"""How a recogniser is trained: recipes as data, checked once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest, parse_table, read_json, require_between, require_choice

TABLE = Path(__file__).with_name("recipes.json")
BACKBONE_NAMES = (
    "conv4", "sphere4", "sphere20", "sphere36", "sphere64", "ir18", "ir34", "ir50", "ir100", "ir18_se", "ir34_se",
    "ir50_se", "ir100_se", "mobilefacenet", "resnet50", "mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_b0",
)  # fmt: skip
LIBRARIES = ("timm", "torchvision")
SCHEDULES = ("cosine", "step", "polynomial")
OPTIMIZERS = ("sgd", "adamw")
USUAL: dict[str, Any] = {
    "optimizer": "sgd", "power": 2.0, "accumulate": 1, "ema": 0.0,
    "lambda_start": 0.0, "lambda_decay": 0.12, "lambda_least": 5.0,
}  # fmt: skip
SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")
MOST = 2**32 - 1


@dataclass(frozen=True)
class Recipe:
    """size: of the input, HEIGHTxWIDTH; images of another size are scaled. dimension: of the learnt features.

    lr is the peak rate; it rises over the share `warmup` of all steps, and then falls to 0 as half a cosine, or with
    the schedule "step" to a tenth at each of `drops`, shares of all steps, or with "polynomial" as (1 - share)^power.
    Margins grow from nothing over the share `margin_warmup`; or, with a lambda_start above 0, margins on the angle are
    held back by a lambda that falls to lambda_least, see `losses.angle_linear.annealed_lambda`. momentum: of SGD, and
    the first beta of AdamW. accumulate: how many parts a batch is taken in, so that its images need the memory of one
    part. ema: of the weights that are judged and kept, the share of their mean that stays at each step; 0 for the last
    weights. Images are mirrored by chance, and up to these bounds moved (`shift`, pixels), brought nearer
    (`zoom`, a share), turned (`turn`, degrees) and put in other light (`contrast`, a share). sample_rate: the share of
    the classes that a step looks at. min_images: people with fewer are left out. validation: share of the people on
    whose images, and no training, the model is judged after each epoch.
    """

    backbone: str
    size: str
    dimension: int
    batch_size: int
    epochs: int
    lr: float
    momentum: float
    weight_decay: float
    schedule: str
    drops: list
    warmup: float
    margin_warmup: float
    clip_norm: float
    sample_rate: float
    shift: int
    zoom: float
    turn: float
    contrast: float
    min_images: int
    validation: float
    optimizer: str
    power: float
    accumulate: int
    ema: float
    lambda_start: float
    lambda_decay: float
    lambda_least: float

    def __post_init__(self) -> None:
        if self.backbone.partition(":")[0] not in LIBRARIES or not self.backbone.partition(":")[2]:
            require_choice("backbone", self.backbone, (*BACKBONE_NAMES, *(f"{name}:NAME" for name in LIBRARIES)))
        require_choice("schedule", self.schedule, SCHEDULES)
        require_choice("optimizer", self.optimizer, OPTIMIZERS)
        if not SIZE.fullmatch(self.size):
            raise ValueError(f"size must be HEIGHTxWIDTH of 10 pixels or more, as 112x96, not {self.size!r}")
        for name, least, most in (
            ("dimension", 2, 65536),
            ("batch_size", 2, MOST),
            ("epochs", 1, 10_000),
            ("shift", 0, 100),
            ("accumulate", 1, self.batch_size // 2),
            ("power", 0.1, 10),
            ("lambda_start", 0, 1e6),
            ("lambda_decay", 0, 1e6),
            ("lambda_least", 0, 1e6),
        ):
            require_between(name, getattr(self, name), least, most)
        for name in ("lr", "clip_norm", "sample_rate"):
            require_between(name, getattr(self, name), 0, 1 if name == "sample_rate" else MOST)
            if getattr(self, name) == 0:
                raise ValueError(f"{name} must be greater than 0")
        for name in ("momentum", "warmup", "margin_warmup", "validation", "zoom", "contrast"):
            require_between(name, getattr(self, name), 0, 0.999)
        require_between("ema", self.ema, 0, 0.99999)
        if self.schedule == "step" and not self.drops:
            raise ValueError("schedule step needs drops, such as --drops 0.5,0.8")
        if self.lambda_start and (self.margin_warmup or self.lambda_least > self.lambda_start):
            raise ValueError("lambda_start needs margin_warmup 0, and lambda_least at most lambda_start")
        require_between("weight_decay", self.weight_decay, 0, MOST)
        require_between("turn", self.turn, 0, 180)
        require_between("min_images", self.min_images, 1, MOST)
        for drop in self.drops:
            if isinstance(drop, bool) or not isinstance(drop, int | float):
                raise ValueError(f"drops must be numbers from 0 to 1, not {drop!r}")
            require_between("drops", drop, 0, 1)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the input, pixels."""
        height, width = self.size.split("x")
        return int(height), int(width)


def read_recipes(path: Path = TABLE) -> dict[str, Recipe]:
    """The table of recipes by name. Raises InputError that names the file, the row and the key."""
    content = read_json(path)
    if isinstance(content, dict):
        content = {name: completed(row) for name, row in content.items()}
    return parse_table(Recipe, content, str(path))


def completed(row: Any) -> Any:
    """A row with the usual values of settings that it does not name."""
    return USUAL | row if isinstance(row, dict) else row


def recipe_named(name: str, changes: dict[str, Any], path: Path = TABLE) -> Recipe:
    """A recipe of the table with some settings changed. Raises InputError for an unknown name or a bad setting."""
    recipes = read_recipes(path)
    if name not in recipes:
        raise InputError(f"unknown recipe {name!r}; {nearest(name, recipes)}")
    try:
        return replace(recipes[name], **changes)
    except ValueError as error:
        raise InputError(f"command line: {error}") from None
