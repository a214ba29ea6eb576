"""Two processes train what one does: in float64 to 1e-10, with uneven shards, and with other ranks after a stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from torch import distributed as dist

from marginalia.cli.experiment import run_experiment
from marginalia.config.config_file import read_config, with_overrides
from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError
from marginalia.data.dataset import Dataset, Split
from marginalia.faces.batches import Batch, rows_of
from marginalia.faces.checkpoint import read_rows, restore, save
from marginalia.faces.heads import head_numbers
from marginalia.faces.learner import FaceLearner
from marginalia.faces.recipe import recipe_named
from marginalia.record.snapshot import Snapshot
from marginalia.record.store import read_run
from marginalia.training.learner import Learner
from marginalia.training.loss_scale import LossScale
from marginalia.training.ranks import ALONE, Ranks, shares

from .conftest import ROOT

CLASSES, BATCH, STEPS = 7, 6, 4
HEADS = ("softmax", "SphereFace", "CosFace", "ArcFace", "CurricularFace", "ElasticFace")
SMALL = {
    "backbone": "sphere4",
    "size": "16x16",
    "dimension": 5,
    "batch_size": BATCH,
    "lr": 0.05,
    "warmup": 0.0,
    "clip_norm": 0.5,
}


MORE = {
    "sgd": {"accumulate": 2, "ema": 0.8},
    "adamw": {"accumulate": 2, "ema": 0.8, "optimizer": "adamw", "lr": 0.003, "schedule": "polynomial"},
}


def learner(head: str, ranks: Ranks, **changes) -> FaceLearner:
    recipe = recipe_named("small", SMALL | changes)
    spec = head_numbers(head, few=True)
    return FaceLearner(recipe, spec, CLASSES, 3, STEPS, ranks, torch.device("cpu"), torch.float64)


def batch(step: int, ranks: Ranks, parts: int = 1) -> Batch:
    """Six images of classes 0 to 2 only: a rank that holds classes 4 to 6 never owns a positive one."""
    random = np.random.default_rng(step)
    pixels = torch.from_numpy(random.integers(0, 256, (BATCH, 16, 16, 3), dtype=np.uint8))
    labels = torch.from_numpy(random.integers(0, 3, BATCH))
    return Batch(step, pixels[rows_of(ranks, BATCH, parts)], labels)


def trained(learner: FaceLearner, steps: range) -> list[float]:
    return [float(learner.step(batch(step, learner.ranks))) for step in steps]


def scaled(kind: str, ranks: Ranks) -> FaceLearner:
    """With a loss that is scaled, as that of float16 is, but in float64."""
    mine = learner("CosFace", ranks, **MORE[kind])
    mine.loss_scale = LossScale(8.0)
    return mine


def walked(learner: FaceLearner, steps: range) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses, and all weights with those that are judged; the loss is scaled, and once too much."""
    losses = []
    for step in steps:
        seen = batch(step, learner.ranks, learner.recipe.accumulate)
        if step == 1:
            learner.clip = overflowing(learner)
        losses.append(float(learner.step(seen)))
        learner.clip = Learner.clip.__get__(learner)
    judged = {f"judged {name}": value.clone() for name, value in learner.judged.state_dict().items()}
    return losses, everything(learner) | judged


def overflowing(learner: FaceLearner):
    """As if the gradient of one rank alone had overflowed, which all must see."""

    def clip() -> torch.Tensor:
        if learner.ranks.number == learner.ranks.count - 1:
            learner.shard[0].grad[0, 0] = float("inf")
        return Learner.clip(learner)

    return clip


def everything(learner: FaceLearner) -> dict[str, torch.Tensor]:
    """Weights of backbone and head, by name; of a sharded one this rank's rows only."""
    parts = learner.encoder.state_dict() | learner.head.state_dict()
    return {name: value.clone() for name, value in parts.items()}


def on_a_rank(number: int, count: int, folder: Path) -> None:
    """What each of two processes does; its results go into a file."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=number, world_size=count)
    ranks, results = Ranks(number, count), {}
    for head in HEADS:
        mine = learner(head, ranks)
        results[head] = trained(mine, range(STEPS)), everything(mine)
    halfway = learner("CosFace", ranks)
    trained(halfway, range(2))
    save(folder / "two", halfway)
    other = learner("CosFace", ranks)
    restore(folder / "one", other)
    results["from one"] = trained(other, range(2, STEPS)), everything(other)
    for kind in MORE:
        results[kind] = walked(scaled(kind, ranks), range(STEPS))
        half = scaled(kind, ranks)
        walked(half, range(2))
        save(folder / f"{kind} two", half)
        again = scaled(kind, ranks)
        restore(folder / f"{kind} one", again)
        results[f"{kind} from one"] = walked(again, range(2, STEPS))
    sampled = learner("CosFace", ranks, sample_rate=0.5)
    results["sampled"] = trained(sampled, range(STEPS)), everything(sampled)
    uneven = learner("CosFace", ranks)
    labels = batch(0, ranks).labels[:5]
    pixels = batch(0, ALONE).pixels[:5]
    results["uneven batch"] = [float(uneven.step(Batch(0, pixels[ranks.share(5)], labels)))], everything(uneven)
    run_experiment(*toy(), folder / "toy", ranks=ranks)
    run_experiment(*toy(), folder / "toy", ranks=ranks)
    torch.save(results, folder / f"rank{number}.pt")
    dist.destroy_process_group()


def toy() -> tuple[RunConfig, Dataset]:
    """A run of main.py on 33 made-up digits, in batches that do not divide."""
    random = np.random.default_rng(0)
    labels = np.arange(33) % 3
    images = random.integers(0, 256, (33, 28, 28), dtype=np.uint8) // 2 + (60 * labels[:, None, None]).astype(np.uint8)
    split = Split(images, labels)
    file = with_overrides(
        read_config(ROOT / "config.json"),
        {"epochs": 2, "snapshots": 1, "batch_size": 11, "device": "cpu", "precision": "fp32"}, "test",
    )  # fmt: skip
    config = RunConfig(
        "toy", "CosFace_v1", file.loss("CosFace_v1"), file.data, file.model, file.training, file.optimizers["adamw"]
    )
    return config, Dataset("made up", ("a", "b", "c"), split, split)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """(folder, results of rank 0, results of rank 1)."""
    folder = tmp_path_factory.mktemp("ranks")
    half = learner("CosFace", ALONE)
    trained(half, range(2))
    save(folder / "one", half)
    for kind in MORE:
        half = scaled(kind, ALONE)
        walked(half, range(2))
        save(folder / f"{kind} one", half)
    mp.spawn(on_a_rank, (2, folder), nprocs=2)
    return folder, *(torch.load(folder / f"rank{number}.pt") for number in (0, 1))


def require_equal(one: FaceLearner, losses: list[float], two, name: str) -> None:
    _, first, second = two
    for (found, weights), rows in ((first[name], slice(0, 4)), (second[name], slice(4, 7))):
        np.testing.assert_allclose(found, losses, atol=1e-10, rtol=0)
        for key, value in everything(one).items():
            mine = value[rows] if key == "shard.weight" else value
            torch.testing.assert_close(weights[key], mine, atol=1e-10, rtol=0)


@pytest.mark.parametrize("head", HEADS)
def test_two_ranks_train_what_one_does(two, head):
    """Shards of four and three classes; the second never owns a positive class."""
    one = learner(head, ALONE)
    before = everything(one)
    losses = trained(one, range(STEPS))
    assert any(not torch.equal(value, before[key]) for key, value in everything(one).items())
    require_equal(one, losses, two, head)


@pytest.mark.parametrize("kind", MORE)
def test_accumulation_means_and_scaled_losses_on_any_number_of_ranks(two, kind):
    """One process, two, one after two and two after one end with the same weights; one step of each overflowed."""
    folder = two[0]
    whole = scaled(kind, ALONE)
    losses, weights = walked(whole, range(STEPS))
    assert (whole.loss_scale.value, whole.loss_scale.kept) == (4.0, STEPS - 2)
    again = scaled(kind, ALONE)
    restore(folder / f"{kind} two", again)
    after = walked(again, range(2, STEPS))
    assert again.loss_scale.state() == whole.loss_scale.state()
    for found, (expected, rows) in (
        (after, (losses[2:], slice(0, 7))),
        (two[1][kind], (losses, slice(0, 4))),
        (two[2][kind], (losses, slice(4, 7))),
        (two[1][f"{kind} from one"], (losses[2:], slice(0, 4))),
        (two[2][f"{kind} from one"], (losses[2:], slice(4, 7))),
    ):
        np.testing.assert_allclose(found[0], expected, atol=1e-10, rtol=0)
        for name, value in weights.items():
            mine = value[rows] if name == "shard.weight" else value
            torch.testing.assert_close(found[1][name], mine, atol=1e-10, rtol=0)
    assert any(not torch.equal(weights[name], weights[f"judged {name}"]) for name in whole.encoder.state_dict())


def test_a_batch_that_does_not_divide(two):
    one = learner("CosFace", ALONE)
    whole = batch(0, ALONE)
    losses = [float(one.step(Batch(0, whole.pixels[:5], whole.labels[:5])))]
    require_equal(one, losses, two, "uneven batch")


def test_a_stopped_training_goes_on_with_another_number_of_ranks(two):
    folder = two[0]
    whole = learner("CosFace", ALONE)
    losses = trained(whole, range(STEPS))
    require_equal(whole, losses[2:], two, "from one")
    assert sorted(path.name for path in (folder / "two").glob("classes*")) == [
        "classes-000000000-000000004.safetensors", "classes-000000004-000000007.safetensors",
    ]  # fmt: skip
    alone = learner("CosFace", ALONE)
    restore(folder / "two", alone)
    np.testing.assert_allclose(trained(alone, range(2, STEPS)), losses[2:], atol=1e-10, rtol=0)
    for key, value in everything(whole).items():
        torch.testing.assert_close(everything(alone)[key], value, atol=1e-10, rtol=0)


def test_a_toy_run_of_two_ranks_is_that_of_one(two, tmp_path):
    """Float32, so nearly. The second time both ranks found it finished."""
    run_experiment(*toy(), tmp_path / "toy")
    one, both = read_run(tmp_path / "toy"), read_run(two[0] / "toy")
    assert len(both.snapshots) == len(one.snapshots) == 3
    for part in ("class_weights", "features"):
        mine, theirs = ([values(snapshot, part) for snapshot in run.snapshots] for run in (one, both))
        walked = np.abs(mine[-1] - mine[0]).max()
        assert walked > 0
        assert max(np.abs(a - b).max() for a, b in zip(mine, theirs, strict=True)) < 0.02 * walked
    assert (two[0] / "toy" / "train.gif").exists()


def values(snapshot: Snapshot, part: str) -> np.ndarray:
    return snapshot.class_weights if part == "class_weights" else snapshot.points("test").features


def test_any_rows_are_read_from_any_files(two):
    place = two[0] / "two"
    whole = read_rows(place, slice(0, 7), 7, b"")["weight"]
    for count in (1, 2, 3, 7):
        for rows in shares(7, count):
            assert torch.equal(read_rows(place, rows, 7, b"")["weight"], whole[rows])
    with pytest.raises(ValueError, match="for 7 identities, of 8"):
        read_rows(place, slice(4, 8), 8, b"")


def test_sampling_looks_at_fewer_classes_and_trains(two):
    _, first, second = two
    losses = first["sampled"][0]
    assert losses == second["sampled"][0]
    assert np.isfinite(losses).all()
    assert losses[0] < first["CosFace"][0][0]  # fewer terms in the sum


def test_sampling_is_refused_where_there_is_none():
    with pytest.raises(InputError, match=r"sample_rate 0\.5"):
        learner("AdaCos", ALONE, sample_rate=0.5)


def test_a_damaged_or_foreign_checkpoint_is_refused(two, tmp_path):
    mine = learner("CosFace", ALONE)
    save(tmp_path, mine)
    other = FaceLearner(replace(mine.recipe, dimension=6), mine.spec, CLASSES, 3, STEPS, ALONE, mine.device, mine.dtype)
    with pytest.raises(InputError, match="does not fit this run"):
        restore(tmp_path, other)
    more = FaceLearner(mine.recipe, mine.spec, CLASSES + 1, 3, STEPS, ALONE, mine.device, mine.dtype)
    with pytest.raises(InputError, match="for 7 identities, of 8"):
        restore(tmp_path, more)
    path = tmp_path / "backbone.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-200])
    with pytest.raises(InputError, match=r"backbone\.safetensors is damaged"):
        restore(tmp_path, mine)
    path.unlink()
    with pytest.raises(InputError, match=r"backbone\.safetensors is missing"):
        restore(tmp_path, mine)
