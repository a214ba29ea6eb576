"""What a training sees of its images: each once an epoch, a little differently every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from marginalia.faces.augment import Moves, draw_moves, moved
from marginalia.faces.batches import as_input
from marginalia.faces.recipe import recipe_named
from marginalia.training.steps import indices


def moves(mirrored, shifts, zooms=1.0, turns=0.0, gains=1.0, offsets=0.0):
    same = [torch.full((len(mirrored),), value) for value in (zooms, turns, gains, offsets)]
    return Moves(torch.tensor(mirrored), torch.tensor(shifts), *same)


def test_moved_images():
    pixels = torch.arange(2 * 3 * 4).reshape(2, 3, 4, 1).to(torch.uint8)
    found = moved(pixels, moves([True, False], [[0, 0], [1, -1]]))
    assert torch.equal(found[0], pixels[0].flip(1))
    by_hand = np.asarray(pixels[1])[np.array([1, 2, 2])][:, np.array([0, 0, 1, 2])]
    np.testing.assert_array_equal(found[1], by_hand)
    torch.testing.assert_close(
        as_input(torch.tensor([[[[0, 127, 255]]]])).flatten(), torch.tensor([-127.5, -0.5, 127.5]) / 128
    )


def test_images_are_turned_brought_nearer_and_lit():
    pixels = torch.zeros(1, 40, 20, 1, dtype=torch.uint8)
    pixels[0, 20:24, 8:12] = 200
    turned = moved(pixels, moves([False], [[0, 0]], turns=np.pi / 2))[0, :, :, 0].float()
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(20.0), indexing="ij")
    weight = turned / turned.sum()
    assert (weight * rows).sum() == pytest.approx(19.5, abs=0.1)
    assert abs((weight * columns).sum() - 9.5) == pytest.approx(2, abs=0.1)
    seen_twice_as_large = moved(pixels, moves([False], [[0, 0]], zooms=2.0))[0]
    assert seen_twice_as_large.sum().item() == pytest.approx(pixels.sum().item() / 4, rel=0.05)
    lit = moved(torch.full((1, 4, 4, 1), 100, dtype=torch.uint8), moves([False], [[0, 0]], gains=1.2, offsets=10.0))
    assert torch.all(lit == round((100 - 127.5) * 1.2 + 137.5))


def test_moves_stay_within_what_the_recipe_allows():
    recipe = replace(recipe_named("small", {}), zoom=0.1, turn=9, contrast=0.3)
    drawn = draw_moves(400, recipe, np.random.default_rng(0))
    for found, most in (
        (drawn.zooms - 1, recipe.zoom),
        (drawn.turns, np.radians(recipe.turn)),
        (drawn.gains - 1, recipe.contrast),
    ):
        assert 0.95 * most < found.abs().max() <= most
    with pytest.raises(ValueError, match="zoom"):
        replace(recipe, zoom=1.0)


def test_every_epoch_shows_each_image_once_and_steps_do_not_depend_on_the_start():
    all_steps = list(indices(10, 3, 7, range(9)))
    for epoch in range(3):
        shown = np.concatenate(all_steps[3 * epoch : 3 * epoch + 3])
        assert len(set(shown.tolist())) == 9
    assert [row.tolist() for row in indices(10, 3, 7, range(4, 9))] == [row.tolist() for row in all_steps[4:]]
