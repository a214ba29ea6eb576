"""What a training of faces is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from marginalia.config.run_config import LossSpec
from marginalia.faces.pretrained import Pretrained
from marginalia.faces.recipe import Recipe
from marginalia.training.steps import steps_of_epoch


@dataclass(frozen=True)
class TrainingSpec:
    """Everything that decides a training's numbers, but for the images themselves.

    pretrained: the weights that the backbone begins with, if they are not fresh.
    """

    head: str
    spec: LossSpec
    recipe: Recipe
    seed: int
    precision: str
    pretrained: Pretrained | None = None

    def steps(self, images: int) -> int:
        return self.recipe.epochs * steps_of_epoch(images, self.recipe.batch_size)
