"""config.json: settings, recipes, and the table of losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from marginalia.config.heads import HEADS, MetricLearningSpec
from marginalia.config.run_config import OPTIMIZERS, DataConfig, LossSpec, ModelConfig, OptimizerConfig, TrainingConfig
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.core.names import printable
from marginalia.core.parsing import nearest, parse, parse_table, read_json, require_keys, require_object

LONGEST_NAME = 60
PML_PREFIX = "pml:"
SHARED_KEYS = {"dataset", "data_dir", "device", "holdout"}


@dataclass(frozen=True)
class ConfigFile:
    """config.json, read and checked; `losses` and `optimizers` are tables by name.

    recipes: what the row of a loss changes about model, training or optimiser, under its key "recipe".
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
    content = read_json(path)
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
        if not 0 < len(name) <= LONGEST_NAME or printable(name) != name:
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
    """The config with single settings of data, model, training or the optimiser replaced, wherever they belong."""
    require_object(overrides, where)
    sections = {name: dict(vars(getattr(config, name))) for name in ("data", "model", "training")}
    recipe = {field.name: overrides[field.name] for field in fields(OptimizerConfig) if field.name in overrides}
    for key, value in overrides.items():
        if key in recipe:
            continue
        owner = next((section for section in sections.values() if key in section), None)
        if owner is None:
            known = [*(k for s in sections.values() for k in s), *(field.name for field in fields(OptimizerConfig))]
            raise InputError(f"{where}: unknown key {key!r}; {nearest(key, known)}")
        owner[key] = value
    training = parse(TrainingConfig, sections["training"], where)
    optimizer = parse(OptimizerConfig, vars(config.optimizers[training.optimizer]) | recipe, where)
    return replace(
        config,
        data=parse(DataConfig, sections["data"], where),
        model=parse(ModelConfig, sections["model"], where),
        training=training,
        optimizers=config.optimizers | {training.optimizer: optimizer},
    )
