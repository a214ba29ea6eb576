"""run.json: the settings of a training, and the people in its images."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marginalia.core.errors import InputError
from marginalia.core.files import write_whole
from marginalia.core.parsing import parse, require_keys
from marginalia.faces.recipe import USUAL, Recipe, completed

if TYPE_CHECKING:
    from torch import Tensor, nn

    from marginalia.faces.people import Parts
    from marginalia.faces.training_spec import TrainingSpec

NAME = "run.json"
FORMAT = 2
CHECKPOINTS = "checkpoints"
BEST = "best.safetensors"
PENDING = "best-pending.safetensors"
LATER = ("numbered", "pretrained")
CHANGING = ("steps_done", "checkpoint", "best", "best_by")
WRITTEN = re.compile(r"(backbone\.safetensors|training\.pt|classes-\d{9}-\d{9}\.safetensors)(\.\d+\.tmp)?")


@dataclass(frozen=True)
class RunFile:
    """people, validation_people: those that shaped the model. images: a digest of the training images' names.

    numbered: whether the people have no names but numbers of a packed file. pretrained: the digest of
    the weights that it began with, if there were some. checkpoint: the folder's name of the last
    one, after `steps_done` steps; best: the score of the weights in best.safetensors, by the validations in
    best_by. These four change while it trains.
    """

    format: int
    head: str
    numbers: dict[str, Any]
    recipe: Recipe
    seed: int
    precision: str
    people: list[str]
    validation_people: list[str]
    images: str
    numbered: bool = False
    pretrained: str = ""
    steps_done: int = 0
    best: float = -1.0
    best_by: str = ""
    checkpoint: str = ""

    @property
    def fingerprint(self) -> bytes:
        """Differs for any two trainings with other settings, people or images.

        What is usual and was no setting once is left out, so that trainings of before go on.
        """
        settings = self.settings
        settings["recipe"] = {key: value for key, value in settings["recipe"].items() if USUAL.get(key) != value}
        for name in LATER:
            if not settings[name]:
                del settings[name]
        return hashlib.blake2b(json.dumps(settings).encode(), digest_size=16).digest()

    def last_checkpoint(self, folder: Path) -> Path:
        return folder / CHECKPOINTS / self.checkpoint

    @property
    def settings(self) -> dict[str, Any]:
        """All that stays the same while it trains."""
        return {name: value for name, value in asdict(self).items() if name not in CHANGING}

    def require_same(self, other: RunFile, folder: Path) -> None:
        """InputError naming each thing in which a training that is there differs from this one."""
        different = [what for name, what in differences(self.settings, other.settings)]
        if different:
            few = "; --few goes on with numbers of few people" if self.numbers != other.numbers else ""
            raise InputError(
                f"{folder} holds a training with another {', '.join(different)}; "
                f"choose another --out, or train anew with --overwrite{few}"
            )

    def require_fits(self, backbone: nn.Module, state: dict[str, Tensor], path: Path) -> None:
        """Loads the state; InputError if it is another network's."""
        try:
            backbone.load_state_dict(state)
        except (RuntimeError, TypeError, AttributeError):
            raise InputError(f"{path} does not hold a {self.recipe.backbone}, which {NAME} beside it names") from None


def differences(mine: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name of each setting that differs, and the same in words, with both values where they are short."""
    for name, value in mine.items():
        other = there.get(name)
        if value == other:
            continue
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            yield from differences(value, other)
        elif isinstance(value, list) or name == "images":
            yield name, name.replace("_", " ")
        else:
            both = [f"{number:g}" if isinstance(number, float) else str(number) for number in (other, value)]
            yield name, f"{name.replace('_', ' ')} ({', not '.join(both)})"


def describe(training: TrainingSpec, parts: Parts) -> RunFile:
    digest = hashlib.blake2b(os.fsencode("\n".join(parts.train.images)), digest_size=16)
    validating = [] if parts.validation is None else list(parts.validation.people)
    return RunFile(
        FORMAT, training.head, asdict(training.spec), training.recipe, training.seed, training.precision,
        list(parts.train.people), validating, digest.hexdigest(), parts.train.numbered,
        training.pretrained.digest if training.pretrained else "",
    )  # fmt: skip


def write_run_file(folder: Path, content: RunFile) -> None:
    write_whole(folder / NAME, json.dumps(asdict(content), indent=1).encode())


def existing_training(folder: Path, asked: RunFile, overwrite: bool) -> RunFile:
    """The training that is asked for, with the checkpoint from which it goes on if the folder has one.

    Raises InputError if the folder holds another training, or files that a training would replace but did not write.
    """
    if is_foreign(folder):
        raise InputError(f"{folder} holds something else than a training of faces; choose another --out")
    if overwrite or not (folder / NAME).exists():
        return asked
    saved = read_run_file(folder)
    asked.require_same(saved, folder)
    return saved


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder beside the checkpoints has nothing but the files of one."""
    return folder.is_dir() and all(WRITTEN.fullmatch(path.name) for path in folder.iterdir())


def is_foreign(folder: Path) -> bool:
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        checkpoints = (path for path in (folder / CHECKPOINTS).glob("*") if not is_checkpoint(path))
        others = ("metrics.csv", "latest.png", "index.html", "people")
        return any((folder / name).exists() for name in others) or any(True for _ in checkpoints)
    except (OSError, ValueError):
        return False  # a training's, but damaged
    return not (isinstance(content, dict) and "people" in content)


def read_run_file(folder: Path) -> RunFile:
    """Raises InputError if there is none, or it is damaged."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}, not {FORMAT}")
        content = {"numbered": False, "pretrained": "", "best": -1.0, "best_by": ""} | content
        require_keys(content, [field.name for field in fields(RunFile)], str(path))
        if not all(isinstance(content[key], list) for key in ("people", "validation_people")):
            raise ValueError("its people are no lists")
        return RunFile(recipe=parse(Recipe, completed(content.pop("recipe")), f"{path}: recipe"), **content)
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no training: {NAME} is not in it; make one with: python -m marginalia faces train"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({str(error)[:100]}); train anew with --overwrite") from None
