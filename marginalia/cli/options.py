"""Options of the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from marginalia.config.places import config_path, outputs_path
from marginalia.config.run_config import (
    ALL,
    BASEMODELS,
    DEVICES,
    GEOMETRIC,
    OPTIMIZERS,
    PRECISIONS,
    STARTS,
    VISUAL_DIMENSIONS,
)

config_option = click.option("--config", type=Path, default=config_path, show_default="config.json")
outputs_option = click.option(
    "--outputs", type=Path, default=outputs_path, show_default="outputs", help="Folder of all runs."
)


class CountOr(click.ParamType):
    """A whole number, or this word."""

    def __init__(self, word: str):
        self.word, self.name = word, f"N|{word}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        return value if value == self.word else click.INT.convert(value, param, ctx)


def options(*declarations: Callable) -> Callable:
    """Several click options as one decorator."""

    def decorate(command: Callable) -> Callable:
        for option in reversed(declarations):
            command = option(command)
        return command

    return decorate


margin_options = options(
    click.option("--s", type=float, help="Scale of the logits."),
    click.option("--match-scale", type=float, help="The same s for every loss that normalises both sides."),
    click.option("--m1", type=float, help="Factor on the angle to the target class."),
    click.option("--m2", type=float, help="Angle added to it, radians."),
    click.option("--m3", type=float, help="Number subtracted from its cosine."),
    click.option("--w-norm/--no-w-norm", default=None, help="Normalise the class weights."),
    click.option("--x-norm/--no-x-norm", default=None, help="Normalise the features."),
)
setting_options = options(
    click.option(
        "--dataset", help="mnist, cifar-10, svhn, …, folder:PATH or FILE.npz of images and labels; help lists all."
    ),
    click.option("--data-dir", help="Where downloaded data sets lie; auto: in the checkout, else the user's cache."),
    click.option("--holdout", multiple=True, help="A class to leave out of training; may be repeated."),
    click.option("--train-points", type=CountOr(ALL), help="Training images in each picture."),
    click.option("--test-points", type=CountOr(ALL), help="Test images in each picture."),
    click.option("--validation", type=int, help="Set so many training images aside, to choose by."),
    click.option("--image-size", type=int, help="Scale the images of a folder to this many pixels a side, in colour."),
    click.option("--crop", type=int, help="Pixels cut off each side of an image, 0 to 2; 2 trains in 0.7 of the time."),
    click.option("--basemodel", help=f"The encoder: {', '.join(BASEMODELS)}, or FILE.py:NAME of your own."),
    click.option("--visual_dimension", type=click.Choice(VISUAL_DIMENSIONS), help="Size of the embedding."),
    click.option("--epochs", type=float, help="Passes over the training images, such as 12 or 0.5."),
    click.option(
        "--snapshots",
        type=CountOr(GEOMETRIC),
        help="Pictures an epoch; geometric: many in the first epoch, then one an epoch.",
    ),
    click.option("--batch-size", type=int),
    click.option("--optimizer", type=click.Choice(OPTIMIZERS), help="A recipe of config.json."),
    click.option("--lr", type=float, help="Peak learning rate."),
    click.option("--seed", type=int),
    click.option("--device", type=click.Choice(DEVICES)),
    click.option("--precision", type=click.Choice(PRECISIONS), help="Number format of the encoder."),
    click.option("--start", type=click.Choice(STARTS), help="How the class directions are drawn."),
    click.option("--lambda-start", type=float, help="Lets a margin on the angle come in slowly, from this lambda."),
    click.option("--lambda-decay", type=float, help="How fast lambda falls with the steps."),
    click.option("--lambda-least", type=float, help="Where lambda stays."),
)
