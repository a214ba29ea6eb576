"""Trains an encoder with a 2-D embedding under a margin-softmax loss and draws what it learns as GIFs.

python main.py --lossname CosFace_v1
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marginalia.cli.options import config_option, margin_options, outputs_option, setting_options
from marginalia.config.config_file import ConfigFile, read_config, setting_names, with_overrides
from marginalia.config.naming import run_name
from marginalia.config.run_config import ALL, LossSpec, RunConfig
from marginalia.core.errors import InputError, OneRankError, OtherRankError, RunsFailedError, StoppedError
from marginalia.core.margin import MarginSpec
from marginalia.core.parsing import nearest, typed
from marginalia.core.user_code import is_user_code, load

if TYPE_CHECKING:
    from marginalia.data.dataset import Dataset
    from marginalia.training.ranks import Ranks

MARGIN_OPTIONS = [field.name for field in dataclasses.fields(MarginSpec)]


@click.command()
@click.option(
    "--lossname", "lossnames", multiple=True, help="A loss of config.json, 'all', or FILE.py:NAME of your own."
)
@margin_options
@setting_options
@click.option("--quick", is_flag=True, help="Half an epoch of smaller images in 21 pictures, in about half a minute.")
@config_option
@outputs_option
@click.option("--overwrite", is_flag=True, help="Train anew what is there already; a run with other settings stays.")
@click.option("--record-only", is_flag=True, help="Draw nothing; create_gif.py draws the record later.")
@click.option("--tensorboard", is_flag=True, help="Write frames, metrics and points for TensorBoard too.")
@click.option("--verbose", is_flag=True, help="Show the log as it is written.")
def train(
    lossnames: tuple[str, ...], config: Path, outputs: Path, quick: bool,
    overwrite: bool, record_only: bool, tensorboard: bool, verbose: bool, **given: Any,
) -> None:  # fmt: skip
    """Train under each loss, then draw train.gif and test.gif into OUTPUTS/<loss>."""
    file = read_config(config)
    configs = [run_config(file, name, given, quick) for name in chosen_losses(lossnames, file)]
    from marginalia.losses.registry import require_available
    from marginalia.training.device import resolve_device, resolved
    from marginalia.training.image_learner import require_encoder
    from marginalia.training.ranks import join_ranks, leave_ranks

    device = resolve_device(configs[0].training.device)
    configs = [resolved(asked, device) for asked in configs]
    for asked in configs:
        require_available(asked.loss, asked.model.visual_dimension)
    how = {"overwrite": overwrite, "verbose": verbose, "tensorboard": tensorboard, "record_only": record_only}
    ranks = join_ranks(device)
    try:
        dataset = chosen_data(configs[0], ranks)
        for note in dataset.notes if ranks.first else ():
            click.echo(note)
        for asked in configs:
            require_encoder(asked, dataset.train.images, len(dataset.class_names))
        if len(configs) == 1:
            one_run(configs[0], dataset, outputs, ranks, **how)
            return
        attempts = [attempt(asked, dataset, outputs, ranks, **how) for asked in configs]
    finally:
        leave_ranks()
    failures = [name for name in attempts if name]
    if failures:
        raise RunsFailedError(f"{len(failures)} of {len(configs)} runs failed: {', '.join(failures)}; see above")


def chosen_data(config: RunConfig, ranks: Ranks) -> Dataset:
    """The data set without the classes held out; of several processes the first one downloads what is missing."""
    from marginalia.training.agreement import by_the_first, on_this_rank
    from marginalia.training.dataset_of import dataset_of

    loaded = []
    by_the_first(ranks, lambda: loaded.append(dataset_of(config.data)))
    if not loaded:
        with on_this_rank(ranks):
            loaded.append(dataset_of(config.data))
    return loaded[0]


def one_run(config: RunConfig, dataset: Dataset, outputs: Path, ranks: Ranks, **how: bool) -> None:
    """One run in its folder, or in a folder beside it if the usual one has a run with other settings.

    how: options of `run_experiment`.
    """
    from marginalia.cli.experiment import run_experiment
    from marginalia.training.agreement import by_the_first
    from marginalia.training.folder import with_free_folder

    usual = config

    def choose() -> None:
        nonlocal config
        config, line = with_free_folder(usual, dataset, outputs)
        if line is not None:
            click.echo(line)

    by_the_first(ranks, choose)
    run_experiment(config, dataset, outputs / config.name, ranks=ranks, **how)


def attempt(config: RunConfig, dataset: Dataset, outputs: Path, ranks: Ranks, **how: bool) -> str | None:
    """One run of several: its name if it failed, so that the others go on."""
    try:
        one_run(config, dataset, outputs, ranks, **how)
    except (StoppedError, OneRankError, OtherRankError):
        raise
    except Exception as error:  # whatever it is, the other losses go on; log.txt has the traceback
        if ranks.count > 1 and not isinstance(error, (InputError, OSError)):
            raise  # the other processes may be in the middle of a step
        if ranks.first:
            click.echo(f"{config.name} failed: {error}", err=True)
        return config.name
    return None


def chosen_losses(lossnames: tuple[str, ...], file: ConfigFile) -> list[str]:
    if not lossnames:
        raise InputError(f"--lossname is missing; known are {', '.join(file.rows)} and {ALL}")
    if ALL in lossnames:
        return list(file.rows)
    return list(dict.fromkeys(lossnames))


def run_config(
    file: ConfigFile, lossname: str, given: dict[str, Any], quick: bool, shared: dict[str, Any] | None = None
) -> RunConfig:
    """The run that the command line asks for; options that were not given are None.

    Besides settings, `given` may hold any numbers of the loss. shared: settings that do not appear in the run's name.
    """
    asked = {key: value for key, value in given.items() if value is not None and value != ()}
    try:
        scale = asked.pop("match_scale", None)
        if scale is not None and "s" in asked:
            raise InputError("--match-scale and --s exclude each other")
        base = with_overrides(file, file.quick, "quick") if quick else file
        started = with_overrides(base, file.recipes.get(lossname, {}), f"recipe of {lossname}")
        started = with_overrides(started, shared or {}, "base")
        known = setting_names()
        settings = with_overrides(started, {key: asked.pop(key) for key in known if key in asked}, "command line")
        preset = file.loss(lossname, settings.model.visual_dimension)
        numbers = {key: asked.pop(key) for key in (*MARGIN_OPTIONS, *numbers_of(preset)) if key in asked}
        for key in asked:
            raise InputError(f"unknown setting {key!r}; {nearest(key, [*known, *numbers_of(preset)])}")
        if scale is not None:
            numbers |= matched(preset, scale)
        margin = with_numbers(preset, numbers, lossname)
        optimizer = settings.optimizers[settings.training.optimizer]
        name = run_name(lossname, preset, margin, started, settings) + ("_quick" if quick else "")
        encoder = load(settings.model.basemodel) if is_user_code(settings.model.basemodel) else None
        shown = margin.name if is_user_code(lossname) else lossname
        return RunConfig(name, shown, margin, settings.data, settings.model, settings.training, optimizer, encoder)
    except ValueError as error:
        raise InputError(f"command line: {error}") from None


def numbers_of(loss: LossSpec) -> list[str]:
    """The names of its numbers."""
    return [name for name, value in vars(loss).items() if isinstance(value, (int, float))]


def with_numbers(preset: LossSpec, numbers: dict[str, Any], lossname: str) -> LossSpec:
    """The loss with some of its numbers replaced; InputError naming those it has if it has none of the name."""
    types = {field.name: str(field.type) for field in dataclasses.fields(preset)}
    for key in numbers:
        if key not in types:
            raise InputError(f"{lossname} has no {key}; its numbers are {', '.join(numbers_of(preset)) or 'none'}")
    return dataclasses.replace(preset, **{key: typed(value, types[key], key) for key, value in numbers.items()})


def matched(loss: LossSpec, scale: float) -> dict[str, float]:
    """The number that gives a loss this scale, if its weights and features are normalised and the scale is free."""
    if not 0 < typed(scale, "float", "match_scale") < math.inf:
        raise InputError(f"--match-scale must be a finite number greater than 0, not {scale:g}")
    name = next((name for name in ("s", "r") if hasattr(loss, name)), None)
    return {name: scale} if name and loss.inference_spec.w_norm and loss.inference_spec.x_norm else {}
