"""Recorders in the tools that hide the loop, each in a real training of that tool, in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

import marginalia as mg

from .conftest import ROOT

DATA = """
import sys, warnings, numpy as np, torch, marginalia as mg
warnings.simplefilter("ignore")
folder = sys.argv[1]
torch.manual_seed(0)
x = torch.randn(240, 6)
y = (x[:, 0] > 0).long() + 2 * (x[:, 1] > 0).long()
"""
LIGHTNING = """
import lightning, logging
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body, self.fc = torch.nn.Linear(6, 2), torch.nn.Linear(2, 4)
    def forward(self, x): return self.fc(self.body(x))
    def training_step(self, batch, number):
        loss = torch.nn.functional.cross_entropy(self(batch[0]), batch[1])
        self.log("loss", loss, on_epoch=True, on_step=False)
        return loss
    def configure_optimizers(self): return torch.optim.Adam(self.parameters(), 0.05)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), 40)
recorder = mg.callbacks.LightningRecorder(folder, (x, y), "fc")
lightning.Trainer(max_epochs=3, callbacks=[recorder], logger=False, enable_checkpointing=False, accelerator="cpu",
                  enable_progress_bar=False, enable_model_summary=False).fit(Model(), loader)
"""
KERAS = """
import keras
inputs = keras.Input((6,))
features = keras.layers.Dense(2, name="features")(keras.layers.Dense(8, activation="tanh")(inputs))
model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax", name="classes")(features))
model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
arrays = x.numpy(), y.numpy()
recorder = mg.callbacks.KerasRecorder(folder, {"test": arrays})
model.fit(*arrays, batch_size=40, epochs=3, verbose=0, callbacks=[recorder])
assert (model.predict(arrays[0], verbose=0).argmax(1) == mg.read(folder)[-1].points("test").predictions).all()
"""
TRANSFORMERS = """
import transformers
settings = dict(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
model = transformers.BertForSequenceClassification(transformers.BertConfig(**settings, num_labels=4))
tokens = torch.stack([torch.full((5,), 3) + label for label in y]) + torch.arange(5)
rows = [{"input_ids": row, "labels": label} for row, label in zip(tokens, y)]
recorder = mg.callbacks.TransformersRecorder(folder, ({"input_ids": tokens}, y), "classifier")
arguments = transformers.TrainingArguments(
    folder + "-hf", num_train_epochs=3, per_device_train_batch_size=40, use_cpu=True, logging_steps=2, report_to=[],
    disable_tqdm=True, save_strategy="no", learning_rate=0.02)
transformers.Trainer(model, arguments, train_dataset=rows, callbacks=[recorder]).train()
"""
METRIC_LEARNING = """
import logging
from pytorch_metric_learning import losses, trainers
logging.disable()
trunk, embedder = torch.nn.Linear(6, 8), torch.nn.Linear(8, 2)
loss = losses.ArcFaceLoss(num_classes=4, embedding_size=2, scale=8)
parts = {"trunk": trunk, "embedder": embedder}
trained = parts | {"metric_loss": loss}
optimizers = {f"{name}_optimizer": torch.optim.Adam(part.parameters(), 0.05) for name, part in trained.items()}
recorder = mg.callbacks.MetricLearningRecorder(folder, (x, y), loss)
trainers.MetricLossOnly(parts, optimizers, 40, {"metric_loss": loss}, torch.utils.data.TensorDataset(x, y),
    dataloader_num_workers=0, end_of_epoch_hook=recorder).train(num_epochs=3)
recorder.close()
"""
TOOLS = {
    "lightning": (LIGHTNING, {}, "polygons", 2),
    "keras": (KERAS, {"KERAS_BACKEND": "torch"}, "polygons", 2),
    "jax": ("import keras" + KERAS, {"KERAS_BACKEND": "jax"}, "polygons", 2),
    "transformers": (TRANSFORMERS, {}, "polygons", 8),
    "pytorch_metric_learning": (METRIC_LEARNING, {}, "sectors", 2),
}


SUBCLASSED = """
import keras
class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.fc = keras.layers.Dense(4, activation="softmax")
    def call(self, inputs): return self.fc(inputs)
model = Model()
model.compile("adam", "sparse_categorical_crossentropy")
arrays = x.numpy(), y.numpy()
try:
    model.fit(*arrays, verbose=0, callbacks=[mg.callbacks.KerasRecorder(folder, arrays)])
except mg.InputError as error:
    assert "symbolic inputs" in str(error)
else:
    raise SystemExit("recorded")
"""


def test_a_keras_model_without_symbolic_inputs_is_refused(tmp_path):
    if not importlib.util.find_spec("keras"):
        pytest.skip("keras is not installed")
    environment = os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", DATA + SUBCLASSED, str(tmp_path / "run")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1500:]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_training_by_the_tool_is_recorded(tmp_path, tool):
    if not importlib.util.find_spec(tool):
        pytest.skip(f"{tool} is not installed")
    code, environment, regions, dimension = TOOLS[tool]
    folder = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-c", DATA + code, str(folder)], env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    run = mg.read(folder)
    assert ([snapshot.epoch for snapshot in run], run.dimension) == ([1, 2, 3], dimension)
    assert (run.regions, run.description.finished) == (regions, 3)
    assert run[-1].points("test").accuracy > max(0.4, run[0].points("test").accuracy - 0.1)
    assert any("loss" in name and np.isfinite(value) for name, value in run[-1].metrics.items())


def test_a_part_that_is_not_there_is_named(tmp_path):
    torch = pytest.importorskip("torch")
    from marginalia.callbacks.found import numbers
    from marginalia.training.probe import part_of

    model = torch.nn.Sequential()
    model.add_module("classifier", torch.nn.Linear(2, 3))
    assert part_of(model, "classifier") is part_of(model, model.classifier) is model.classifier
    with pytest.raises(mg.InputError, match="no layer 'classifer'; did you mean classifier"):
        part_of(model, "classifer")
    assert numbers({"loss": torch.tensor(0.5), "name": "a", "all": [1, 2], "n": 3}) == {"loss": 0.5, "n": 3.0}


def test_tensorboard_gets_frames_numbers_and_points(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(tmp_path / "board"))
    labels = np.arange(60) % 3
    weights = np.array([[1, 0], [-0.5, 0.9], [-0.5, -0.9]])
    with mg.Recorder(tmp_path / "run", tensorboard=writer) as recorder:
        for epoch in range(3):
            noise = np.random.default_rng(0).normal(size=(60, 2))
            recorder.add(
                epoch, epoch * weights[labels] + noise, labels, weights=weights, metrics={"loss": 1 / (1 + epoch)}
            )
    writer.close()
    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    assert [event.value for event in events.Scalars("loss")] == pytest.approx([1, 1 / 2, 1 / 3])
    assert {"loss", "test_accuracy", "test_angle"} <= set(events.Tags()["scalars"])
    assert [(image.width, image.height, image.step) for image in events.Images("feature space/test")] == [
        (540, 540, step) for step in range(3)
    ]
    (points,) = (tmp_path / "board").glob("00002/test/tensors.tsv")
    assert len(points.read_text().splitlines()) == 60


def test_a_tool_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning", None)
    monkeypatch.delitem(sys.modules, "marginalia.callbacks.lightning", raising=False)
    with pytest.raises(mg.InputError, match="LightningRecorder needs lightning: pip install lightning"):
        _ = mg.callbacks.LightningRecorder
    with pytest.raises(AttributeError):
        _ = mg.callbacks.NoRecorder


def test_the_command_writes_for_tensorboard(run, digit_folder, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    words = (
        "--lossname",
        "softmax",
        "--basemodel",
        "MiniResnet18",
        "--epochs",
        2,
        "--snapshots",
        1,
        "--batch-size",
        16,
    )
    code, *_ = run("main.py", *words, "--dataset", f"folder:{digit_folder}", "--outputs", tmp_path, "--tensorboard")
    assert code == 0
    (board,) = tmp_path.glob("*/tensorboard")
    events = EventAccumulator(str(board))
    events.Reload()
    assert len(events.Images("feature space/test")) == len(events.Scalars("test_accuracy")) == 3
