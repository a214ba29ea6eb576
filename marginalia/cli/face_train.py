"""The command that trains a recogniser."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marginalia.cli.face_inputs import allow_missing, folder_of, say
from marginalia.config.places import outputs_path
from marginalia.config.run_config import DEVICES, PRECISIONS
from marginalia.core.errors import InputError

if TYPE_CHECKING:
    from marginalia.faces.folder import FaceFolder
    from marginalia.faces.people import Parts
    from marginalia.faces.recipe import Recipe


def numbers(context: click.Context, option: click.Parameter, text: str | None) -> list[float] | None:
    """The numbers of a list with commas. Raises InputError for anything else."""
    try:
        return None if text is None else [float(word) for word in text.split(",")]
    except ValueError:
        raise InputError(f"--{option.name} needs numbers with commas between, as 0.5,0.8, not {text!r}") from None


SETTINGS = (
    click.option(
        "--backbone",
        help="conv4, sphere4, sphere20, ir50, resnet50, mobilenet_v3_large, … (faces/backbones.py).",
    ),
    click.option("--size", help="Of the input, HEIGHTxWIDTH; images of another size are scaled."),
    click.option("--dimension", type=int, help="Of the learnt features."),
    click.option("--epochs", type=int),
    click.option("--batch-size", type=int, help="Of all processes together."),
    click.option("--lr", type=float, help="Peak learning rate."),
    click.option("--schedule", type=click.Choice(["cosine", "step", "polynomial"])),
    click.option("--drops", callback=numbers, help="Shares of all steps after which the rate is a tenth, as 0.5,0.8."),
    click.option("--optimizer", type=click.Choice(["sgd", "adamw"])),
    click.option("--accumulate", type=int, help="Parts that a batch is taken in, to need less memory."),
    click.option("--ema", type=float, help="Keep a mean of the weights of which this share stays at each step."),
    click.option("--sample-rate", type=float, help="Share of the classes that a step looks at."),
    click.option("--min-images", type=int, help="People with fewer images are left out."),
    click.option("--validation", type=float, help="Share of the people who are not trained on but validate."),
)


def recipe_settings(command: Any) -> Any:
    for option in reversed(SETTINGS):
        command = option(command)
    return command


@click.command()
@click.option("--data", type=Path, required=True, help="Folder of crops, one folder a person; or a .rec, or shards.")
@click.option("--head", default="CosFace", show_default=True, help="A row of marginalia/faces/heads.json.")
@click.option("--s", type=float, help="Scale of the head.")
@click.option("--m", type=float, help="Margin of the head.")
@click.option("--few", is_flag=True, help="The head's numbers that were chosen for fewer than 1,000 people.")
@click.option("--recipe", default="small", show_default=True, help="A row of marginalia/faces/recipes.json.")
@recipe_settings
@click.option("--exclude", type=Path, multiple=True, help="A file of people to leave out, a name a line.")
@click.option("--weights", type=Path, help="Weights that the backbone begins with: .safetensors, or of torch.")
@click.option("--pairs", type=Path, help="LFW's pairs.txt, for --without-fold.")
@click.option("--without-fold", type=click.IntRange(1), help="Leave out everybody in this fold of the pairs.")
@allow_missing
@click.option("--out", type=Path, help="Folder of the training.  [default: outputs/faces/HEAD]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
@click.option("--precision", type=click.Choice((*PRECISIONS, "fp16")), default="auto", show_default=True)
@click.option("--workers", type=click.IntRange(0, 64), default=0, show_default=True, help="Processes that read images.")
@click.option(
    "--set", "sets", type=Path, multiple=True, help="A verification set .bin that validates; may be repeated."
)
@click.option("--validate-every", type=click.IntRange(1), help="Steps between validations.  [default: an epoch]")
@click.option("--tensorboard", is_flag=True, help="Write numbers and points for TensorBoard too.")
@click.option("--overwrite", is_flag=True, help="Replace a training that is there already.")
def train(
    data: Path, head: str, s: float | None, m: float | None, few: bool, recipe: str,
    exclude: tuple[Path, ...], weights: Path | None,
    pairs: Path | None, without_fold: int | None, allow_missing: bool, out: Path | None, seed: int, device: str,
    precision: str, workers: int, sets: tuple[Path, ...],
    validate_every: int | None, tensorboard: bool, overwrite: bool, **settings: Any,
) -> None:  # fmt: skip
    """Train a recogniser of the people in DATA, under torchrun on several processes; goes on where it was stopped."""
    from marginalia.faces.heads import head_numbers, hint_on_few, where_from
    from marginalia.faces.recipe import recipe_named

    changes = {key: value for key, value in settings.items() if value is not None}
    if changes.get("optimizer") == "adamw" and "lr" not in changes:
        raise InputError("--optimizer adamw needs --lr, such as 0.001; the recipe's is that of SGD")
    chosen = recipe_named(recipe, changes)
    names = {f"{pairs}, fold {without_fold}": people_of_fold(pairs, without_fold)}
    parts = parts_of(folder_of(data), chosen, exclude, names, allow_missing, seed)
    numbers = head_numbers(head, few, s, m)
    said = [f"{head}: {where_from(head, numbers, few, s, m)}", recipe_line(recipe, changes)]
    said += hint_on_few(head, few, len(parts.train.people))
    say(*warnings_on(parts.train, chosen.shape))

    from marginalia.cli.face_training import RunOptions, run_face_training
    from marginalia.faces.backbones import meta_backbone
    from marginalia.faces.pretrained import read_pretrained
    from marginalia.faces.training import Judging
    from marginalia.faces.training_spec import TrainingSpec
    from marginalia.faces.verification_set import read_set, require_testable
    from marginalia.training.device import resolve_device, uses_bfloat16
    from marginalia.training.ranks import join_ranks, leave_ranks, local_device

    place = local_device(resolve_device(device))
    backbone = meta_backbone(chosen.backbone, chosen.dimension, chosen.shape)
    if precision == "auto":
        precision = "bf16" if uses_bfloat16(precision, place, backbone) else "fp32"
    judging = Judging(tuple(map(read_set, sets)), validate_every or 0)
    require_testable(judging.sets)
    options = RunOptions(workers, said, tensorboard, judging)
    pretrained = None if weights is None else read_pretrained(weights)
    if pretrained is not None:
        said.append(pretrained.line(backbone))
    training = TrainingSpec(head, numbers, chosen, seed, precision, pretrained)
    ranks = join_ranks(place)
    try:
        to = out or outputs_path() / "faces" / head
        run_face_training(training, parts, to, ranks, place, overwrite, options)
    finally:
        leave_ranks()


def parts_of(
    folder: FaceFolder, recipe: Recipe, exclude: Sequence[Path], names: dict[str, list[str]], allow_missing: bool,
    seed: int,
) -> Parts:  # fmt: skip
    """Who is trained on and who validates, without those in the files and in the lists; says who was meant by them."""
    from marginalia.faces.people import excluded, part, read_names

    left_out: list[str] = []
    for source, listed in ({str(path): read_names(path) for path in exclude} | names).items():
        people, lines = excluded(listed, folder, source, allow_missing)
        say(*lines)
        left_out += people
    return part(folder, recipe.min_images, left_out, recipe.validation, seed)


def warnings_on(folder: FaceFolder, shape: tuple[int, int]) -> list[str]:
    """What training should not be surprised by: images of odd shapes, and faces that are not aligned."""
    from marginalia.faces.crop_check import eyes_elsewhere, may_be_photographs, odd_shapes

    found = [odd_shapes(folder, shape)]
    if may_be_photographs(folder):
        import torch

        from marginalia.faces.mtcnn import mtcnn

        threads = torch.get_num_threads()
        with contextlib.suppress(InputError):  # without the detector nothing is said
            found.append(eyes_elsewhere(folder, mtcnn()))
        torch.set_num_threads(threads)
    return [f"warning: {line}" for line in found if line]


def people_of_fold(pairs: Path | None, fold: int | None) -> list[str]:
    """Everybody in one fold of a file of pairs."""
    from marginalia.faces.pairs import read_pairs

    if (pairs is None) != (fold is None):
        raise InputError("--pairs and --without-fold belong together")
    if pairs is None or fold is None:
        return []
    content = read_pairs(pairs)
    if fold > content.folds.max():
        raise InputError(f"--without-fold {fold}: {pairs} has {content.folds.max()} folds")
    return sorted(content.where(content.folds == fold).people())


def recipe_line(name: str, changes: dict[str, Any]) -> str:
    """Which recipe, and what the command line changes in it."""
    changed = ", ".join(f"{key} {value} (--{key.replace('_', '-')})" for key, value in changes.items())
    return f"recipe {name}" + (f", but {changed}" if changed else "")
