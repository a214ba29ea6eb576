"""config.json: settings, recipes, and the table of losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from marginalia.config.run_config import OPTIMIZERS, DataConfig, LossSpec, ModelConfig, OptimizerConfig, TrainingConfig
from marginalia.core.errors import InputError
from marginalia.core.margin import MarginSpec
from marginalia.core.names import printable
from marginalia.core.parsing import nearest, parse, parse_table, read_json, require_keys, require_object
from marginalia.core.user_code import is_user_code

LONGEST_NAME = 60
PML_PREFIX = "pml:"
HEAD = "head"
SHARED_KEYS = {"dataset", "data_dir", "device", "holdout"}


@dataclass(frozen=True)
class ConfigFile:
    """config.json, read and checked; `rows`, `optimizers` and `recipes` are tables by name.

    rows: the numbers of each loss, see `loss`. recipes: what a loss changes about model, training or optimiser, under
    its key "recipe". where: the file, for messages.
    """

    data: DataConfig
    model: ModelConfig
    training: TrainingConfig
    optimizers: dict[str, OptimizerConfig]
    quick: dict[str, Any]
    rows: dict[str, dict[str, Any]]
    recipes: dict[str, dict[str, Any]]
    where: str

    def loss(self, lossname: str, dimension: int = 2) -> LossSpec:
        """The numbers of a preset, of "pml:NAME" or of "PATH.py:NAME", which is loaded; dimension: of the features.

        A row with a key "head" is checked only here, since its head loads torch. Raises InputError for a wrong row, or
        with the nearest names for an unknown loss.
        """
        if is_user_code(lossname):
            from marginalia.losses.from_file import user_loss

            return user_loss(lossname, dimension)
        if lossname.startswith(PML_PREFIX):
            return parse_loss({HEAD: "pml", "loss": lossname.removeprefix(PML_PREFIX)}, f"--lossname {lossname}")
        if lossname not in self.rows:
            raise InputError(f"unknown loss {lossname!r}; {nearest(lossname, self.rows)}")
        return parse_loss(self.rows[lossname], f"{self.where}: losses: {lossname}")

    def margins(self) -> dict[str, MarginSpec]:
        """The presets of AngleLinear."""
        return {name: self.margin(name) for name, row in self.rows.items() if HEAD not in row}

    def margin(self, lossname: str) -> MarginSpec:
        """What is drawn of the preset: of a further head, its logits without margin."""
        return self.loss(lossname).inference_spec


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
        rows=rows,
        recipes=recipes,
        where=str(path),
    )
    config.margins()  # checks these rows; those of other heads are checked by `loss`
    with_overrides(config, content["quick"], f"{path}: quick")
    for name, recipe in recipes.items():
        with_overrides(config, recipe, f"{path}: losses: {name}: recipe")
        for key in SHARED_KEYS & recipe.keys():
            raise InputError(f"{path}: losses: {name}: recipe: {key!r} is the same for all losses of a command")
        if not 0 < len(name) <= LONGEST_NAME or printable(name) != name:
            raise InputError(f"{path}: losses: {name[:20]!r} is no name of 1 to {LONGEST_NAME} letters")
    return config


def parse_loss(row: dict[str, Any], where: str) -> LossSpec:
    """A row of the table of losses: with a key "head" it holds that head's numbers, else AngleLinear's."""
    if HEAD not in row:
        return parse(MarginSpec, row, where)
    from marginalia.losses.registry import heads

    head, numbers = row[HEAD], {key: value for key, value in row.items() if key != HEAD}
    if not isinstance(head, str) or head not in heads():
        raise InputError(f"{where}: unknown head {head!r}; {nearest(str(head), heads())}")
    return parse(heads()[head].Spec, numbers, where)


def split_recipes(table: Any, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of the table of losses without their recipes, and the recipes, {} where a row has none."""
    require_object(table, where)
    if not table:
        raise InputError(f"{where} is empty; at least one row is needed")
    rows, recipes = {}, {}
    for name, row in table.items():
        require_object(row, f"{where}: {name}")
        rows[name] = {key: value for key, value in row.items() if key != "recipe"}
        recipes[name] = row.get("recipe", {})
    return rows, recipes


def setting_names() -> list[str]:
    """What may be overridden, of all sections."""
    sections = (DataConfig, ModelConfig, TrainingConfig, OptimizerConfig)
    return [field.name for section in sections for field in fields(section)]


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
            raise InputError(f"{where}: unknown key {key!r}; {nearest(key, setting_names())}")
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
