"""Recording trainings of one's own: from arrays, from modules, after a stop, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import marginalia as mg
from marginalia.core.errors import InputError
from marginalia.record.snapshot import UNBENT
from marginalia.viz.regions import decision_arcs, polygons

from .conftest import ROOT
from .torture.recorders import killed_recorders

POINTS, CLASSES = 240, 4
WEIGHTS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)
LABELS = np.arange(POINTS) % CLASSES


def features_at(epoch: float) -> np.ndarray:
    return (epoch * WEIGHTS[LABELS] + np.random.default_rng(0).normal(size=(POINTS, 2))).astype(np.float32)


class Net(nn.Module):
    """Batch normalisation and dropout show whether modes and random states come back."""

    def __init__(self, dimension: int = 2, bias: bool = True):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.PReLU(), nn.Dropout(0.2))
        self.embedding = nn.Linear(16, dimension)
        self.fc = nn.Linear(dimension, CLASSES, bias=bias)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.fc(self.embedding(self.backbone(inputs)))


@pytest.fixture
def data() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(POINTS, 6, generator=generator)
    return inputs, (inputs[:, 0] > 0).long() + 2 * (inputs[:, 1] > 0).long()


def trained(
    data, folder=None, model_of=lambda model: model, autocast=False, **options
) -> tuple[Net, list[torch.Tensor]]:
    """A net after two epochs, recorded if there is a folder, and what the random generator gives next."""
    torch.manual_seed(0)
    inputs, labels = data
    model = Net()
    called, optimizer = model_of(model), torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    recorder = mg.Recorder(folder, probe=data, head=model.fc, **options) if folder else None
    for epoch in range(2):
        for batch in torch.randperm(POINTS).split(40):
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
                if recorder and autocast:
                    recorder.snapshot(called, epoch, step=len(recorder.records))
                loss = F.cross_entropy(called(inputs[batch]).float(), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if recorder and not autocast:
            recorder.snapshot(called, epoch + 1, metrics={"loss": loss.item()})
    if recorder:
        recorder.close()
    return model, [torch.rand(1), torch.tensor(np.random.rand())]  # noqa: NPY002


def compiled(model: nn.Module) -> nn.Module:
    return torch.compile(model, backend="eager")


@pytest.mark.parametrize("model_of", [lambda model: model, compiled, nn.DataParallel])
@pytest.mark.parametrize("autocast", [False, True])
def test_a_training_that_is_recorded_ends_as_one_that_is_not(data, tmp_path, model_of, autocast):
    np.random.seed(0)  # noqa: NPY002
    plain, numbers = trained(data, None, model_of, autocast)
    np.random.seed(0)  # noqa: NPY002
    recorded, same = trained(data, tmp_path / "run", model_of, autocast)
    assert all(
        torch.equal(a, b) for a, b in zip(plain.state_dict().values(), recorded.state_dict().values(), strict=True)
    )
    assert all(torch.equal(a, b) for a, b in zip(numbers, same, strict=True))
    assert recorded.training and recorded.backbone[1].training


def test_frozen_modules_stay_frozen(data, tmp_path):
    model = Net().train()
    model.backbone[1].eval()
    before = [module.training for module in model.modules()]
    mg.Recorder(tmp_path / "run", probe=data, head=model.fc).snapshot(model, 1)
    assert [module.training for module in model.modules()] == before
    assert all(parameter.grad is None for parameter in model.parameters())


def test_features_are_what_the_head_receives_or_what_is_asked_for(data, tmp_path):
    model, inputs = Net().eval(), data[0]
    with torch.no_grad():
        hidden = model.backbone(inputs)
        expected = {"head": model.embedding(hidden), "layer": hidden, "function": 2 * hidden, "output": model(inputs)}
    for name, options in (
        ("head", {}), ("layer", {"layer": "backbone"}), ("function", {"features": lambda x: 2 * model.backbone(x)}),
        ("output", {}),
    ):  # fmt: skip
        recorder = mg.Recorder(tmp_path / name, probe=data, head=model.fc if name == "head" else None)
        recorder.snapshot(model.train(), 1, **options)
        found = mg.read(tmp_path / name)[-1].points("test").features
        np.testing.assert_allclose(found, expected[name].numpy(), atol=1e-6)
        model.eval()


def test_a_linear_layer_with_a_bias_has_the_polygons_of_its_predictions(data, tmp_path):
    model, _ = trained(data, tmp_path / "run")
    run = mg.read(tmp_path / "run")
    points = run[-1].points("test")
    assert (run.regions, run[-1].metrics["test_accuracy"]) == ("polygons", points.accuracy)
    np.testing.assert_array_equal(points.predictions, model.eval()(data[0]).argmax(1).numpy())
    np.testing.assert_allclose(run[-1].metrics["loss"], mg.read(tmp_path / "run").snapshots[-1].metric("loss"))
    found = polygons(run[-1].class_weights, run[-1].bias, 2 * np.abs(points.features).max())
    assert_inside(found, points)


def assert_inside(found, points) -> None:
    """Each point lies in the convex polygon of its prediction."""
    for corners, label in zip(found, range(len(found)), strict=True):
        mine = points.features[points.predictions == label].astype(np.float64)
        if len(mine):
            sides = np.roll(corners, -1, axis=0) - corners
            offset = mine[:, None] - corners
            assert (sides[:, 0] * offset[..., 1] - sides[:, 1] * offset[..., 0] > -1e-4).all(), label


@pytest.mark.parametrize("name", ["ArcFaceLoss", "CosFaceLoss", "NormalizedSoftmaxLoss", "ProxyAnchorLoss"])
def test_regions_of_a_loss_of_pytorch_metric_learning_are_its_predictions(data, tmp_path, name):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    torch.manual_seed(0)
    model, inputs, labels = Net(), *data
    model.fc = nn.Identity()
    loss = getattr(losses, name)(num_classes=CLASSES, embedding_size=2)
    optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], 0.02)
    with mg.Recorder(tmp_path / "run", probe=data, head=loss) as recorder:
        for epoch in range(3):
            for batch in torch.randperm(POINTS).split(40):
                optimizer.zero_grad()
                loss(model(inputs[batch]), labels[batch]).backward()
                optimizer.step()
            recorder.snapshot(model, epoch + 1)
    run = mg.read(tmp_path / "run")
    points = run[-1].points("test")
    theirs = loss.get_logits(model.eval()(inputs)).argmax(1).numpy()
    np.testing.assert_array_equal(points.predictions, theirs)
    arcs = decision_arcs(run[-1].class_weights, run.spec)
    angle = np.arctan2(points.features[:, 1], points.features[:, 0])
    for arc in arcs:
        inside = (angle - arc.start) % (2 * np.pi) < arc.width
        assert (theirs[inside] == arc.label).all()
    assert (run.lossname, run.spec.has_margin) == (name, name in ("ArcFaceLoss", "CosFaceLoss"))
    assert run.gif(tmp_path / "own.gif", size=240).exists()


def test_our_heads_and_their_margin(data, tmp_path):
    model, head = Net(), mg.AngleLinear(2, CLASSES, s=8, m2=0.3)
    model.fc = nn.Identity()
    mg.Recorder(tmp_path / "run", probe=data, head=head).snapshot(model, 1)
    run = mg.read(tmp_path / "run")
    assert (run.spec, run.regions, run.head) == (head.spec, "sectors", "")
    np.testing.assert_array_equal(run[-1].class_weights, head.weight.detach().numpy())


def test_a_loader_gives_the_same_points_every_time_and_disturbs_nothing(data, tmp_path):
    loader = DataLoader(TensorDataset(*data), batch_size=32, shuffle=True)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = Net()
    torch.manual_seed(5)
    recorder = mg.Recorder(tmp_path / "run", probe={"mine": loader}, head=model.fc)
    recorder.snapshot(model, 0)
    assert torch.equal(torch.rand(3), expected)
    recorder.snapshot(model, 1)
    first, second = mg.read(tmp_path / "run")
    np.testing.assert_array_equal(first.points("mine").labels, second.points("mine").labels)
    np.testing.assert_array_equal(first.points("mine").features, second.points("mine").features)


def test_without_weights_there_are_points_and_means(tmp_path):
    with mg.Recorder(tmp_path / "run", class_names="abcd") as recorder:
        for epoch in range(3):
            recorder.add(epoch, features_at(epoch), LABELS)
    run = mg.read(tmp_path / "run")
    assert (run.regions, run.head, len(run[-1].class_weights)) == ("none", None, 0)
    assert run[-1].points("test").predictions is None
    assert run.gif(tmp_path / "own.gif", size=240).exists() and run.page(tmp_path / "own.html").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": np.full((POINTS, 2), np.nan)}, "test: features are not finite"),
        ({"features": features_at(1)[:-1], "labels": LABELS[:-1]}, "test has 239 points, the first snapshot has 240"),
        ({"labels": LABELS + 9}, "a label is not one of the 4 classes"),
        ({"labels": np.roll(LABELS, 1)}, "test has other labels"),
        ({"features": np.full((POINTS, 2), "x")}, "features must be numbers"),
        ({"features": [[1], [1, 2]]}, "features cannot be read as a NumPy array"),
        ({"features": torch.ones(POINTS, 2, requires_grad=True)}, "features cannot be read as a NumPy array"),
        ({"features": np.ones((POINTS, 3))}, "class weights must be finite, of shape"),
        ({"labels": LABELS + 0.5}, "labels must be whole numbers"),
        ({"weights": None}, "other dimensions, weights"),
        ({"epoch": 0}, "does not come after epoch 1"),
        ({"metrics": {"loss": "low"}}, "metric loss must be a number"),
        ({"features": np.ones(POINTS)}, "must have the shape"),
        ({"features": {"probe": features_at(1)}, "labels": LABELS}, "its splits are probe, not test"),
    ],
)
def test_a_bad_array_leaves_the_record_whole(tmp_path, changes, message):
    recorder = mg.Recorder(tmp_path / "run", class_names="abcd")
    for epoch in range(2):
        recorder.add(epoch, features_at(epoch), LABELS, weights=WEIGHTS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(InputError, match=message):
        recorder.add(**({"epoch": 2, "features": features_at(2), "labels": LABELS, "weights": WEIGHTS} | changes))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    recorder.add(2, features_at(2), weights=WEIGHTS)
    assert [snapshot.step for snapshot in mg.read(tmp_path / "run")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        ({"head": nn.ReLU()}, {}, "ReLU has no weight for each class"),
        ({"probe": (np.zeros((4, 6)), np.arange(3))}, {}, "4 inputs for labels of shape"),
        ({"probe": [1, 2]}, {}, "0 inputs for labels"),
        ({"probe": [np.zeros(3)]}, {}, "neither \\(inputs, labels\\) nor a DataLoader"),
        ({"probe": DataLoader(TensorDataset(torch.zeros(4, 6)))}, {}, "neither \\(inputs, labels\\) nor a DataLoader"),
        ({"probe": 5}, {}, "neither"),
        ({"probe": (["a", "b"], [0, 1])}, {}, "neither"),
        ({"probe": (np.zeros((0, 6)), np.zeros(0, int))}, {}, "0 inputs"),
        ({"batch_size": 0}, {}, "batch_size must be at least 1"),
        ({"probe": None}, {}, "snapshot needs a probe"),
        ({"probe": torch.zeros(4, 6)}, {}, "labels are missing"),
        ({"head": "fcc"}, {}, "did you mean fc"),
        ({}, {"layer": "backbon"}, "did you mean backbone"),
        ({}, {"features": lambda inputs: inputs[:, 0]}, "must be a tensor"),
        ({"head": nn.Linear(3, 4)}, {}, "4 numbers, the class weights 3"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_one_line(data, tmp_path, settings, options, message):
    with pytest.raises(InputError, match=message) as raised:
        mg.Recorder(tmp_path / "run", **({"probe": data} | settings)).snapshot(Net(), 1, **options)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_a_run_is_resumed_or_replaced_only_on_request(tmp_path):
    with mg.Recorder(tmp_path / "run", class_names="abcd", lossname="mine") as recorder:
        for epoch in range(4):
            recorder.add(epoch, features_at(epoch), LABELS, weights=WEIGHTS)
    assert mg.read(tmp_path / "run").description.finished == 4
    with pytest.raises(InputError, match="add resume=True to go on with it, or overwrite=True"):
        mg.Recorder(tmp_path / "run")
    with pytest.raises(InputError, match="with other classes"):
        mg.Recorder(tmp_path / "run", class_names="wxyz", resume=True)
    with mg.Recorder(tmp_path / "run", class_names="abcd", resume=True) as recorder:
        assert recorder.last_epoch == 3
        recorder.add(2, features_at(7), weights=WEIGHTS)  # from a checkpoint before the last snapshot
        recorder.add(3.5, features_at(8), weights=WEIGHTS)
    run = mg.read(tmp_path / "run")
    assert [snapshot.epoch for snapshot in run] == [0, 1, 2, 3.5]
    np.testing.assert_array_equal(run[2].points("test").features, features_at(7))
    assert len((tmp_path / "run" / "metrics.csv").read_text().splitlines()) == 5
    (tmp_path / "run" / "notes.txt").write_text("mine")
    mg.Recorder(tmp_path / "run", overwrite=True).add(0, features_at(0), LABELS)
    assert len(mg.read(tmp_path / "run")) == 1 and (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_a_killed_recorder_reads_back_and_goes_on(tmp_path):
    assert killed_recorders(tmp_path, tmp_path, 3) == (3, 0)


def test_nothing_of_add_needs_torch(tmp_path):
    code = (
        "import sys, numpy as np, marginalia as mg\n"
        "with mg.Recorder(sys.argv[1]) as r: r.add(0, np.eye(3)[:, :2], [0, 1, 2])\n"
        "mg.read(sys.argv[1]).gif(sys.argv[1] + '/own.gif', size=240)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], cwd=ROOT, check=True)


def test_only_the_first_of_several_processes_records(data, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    recorder = mg.Recorder(tmp_path / "run", probe=data)
    recorder.snapshot(Net(), 1)
    recorder.add(1, features_at(1), LABELS)
    recorder.close()
    assert not (tmp_path / "run").exists()


def test_the_head_of_arrays_is_known_by_what_is_said_of_it(tmp_path):
    spec = mg.MarginSpec(w_norm=True, x_norm=True, s=16, m1=1, m2=0, m3=0.2)
    for name, head, regions in (("cos", mg.DrawnHead(spec), "sectors"), ("plain", None, "sectors")):
        mg.Recorder(tmp_path / name, head=head).add(1, features_at(3), LABELS, weights=WEIGHTS)
        run = mg.read(tmp_path / name)
        assert (run.spec, run.regions) == (spec if head else UNBENT, regions)
        assert run[-1].points("test").accuracy > 0.9


def test_metrics_of_any_library_and_a_head_by_its_name(data, tmp_path):
    model = Net()
    with mg.Recorder(tmp_path / "run", probe=TensorDataset(*data), head="fc") as recorder:
        metrics = {"loss": torch.tensor(0.5), "single": np.float32(0.25), "count": np.int64(3)}
        recorder.snapshot(model, 1, metrics=metrics)
    run = mg.read(tmp_path / "run")
    assert [run[0].metric(name) for name in metrics] == [0.5, 0.25, 3.0]
    np.testing.assert_array_equal(run[0].class_weights, model.fc.weight.detach().numpy())


DISTRIBUTED = """
import os, sys, torch, torch.nn.functional as F, marginalia as mg
from torch import distributed as dist, nn
dist.init_process_group("gloo")
torch.manual_seed(0)
inputs = torch.randn(80, 6)
labels = (inputs[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 2), nn.Linear(2, 2))
parallel = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.SGD(parallel.parameters(), 0.1)
recorder = mg.Recorder(sys.argv[1], (inputs, labels), head="3") if sys.argv[1] else None
for epoch in range(3):
    batch = torch.randperm(80)[dist.get_rank()::2]
    loss = F.cross_entropy(parallel(inputs[batch]), labels[batch])
    optimizer.zero_grad(), loss.backward(), optimizer.step()
    if recorder:
        recorder.snapshot(parallel, epoch + 1)
if recorder:
    recorder.close()
if dist.get_rank() == 0:
    torch.save(model.state_dict(), sys.argv[2])
dist.barrier()
os._exit(0)  # gloo's threads may abort the process when Python takes DistributedDataParallel apart
"""


def test_two_processes_record_once_and_train_the_same(tmp_path):
    (tmp_path / "script.py").write_text(DISTRIBUTED)
    states = []
    for folder in ("", str(tmp_path / "run")):
        out = tmp_path / f"state{len(states)}.pt"
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        words = [*command, tmp_path / "script.py", folder, out]
        done = subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        states.append(torch.load(out))
    assert all(torch.equal(states[0][name], value) for name, value in states[1].items())
    run = mg.read(tmp_path / "run")
    assert [snapshot.epoch for snapshot in run] == [1, 2, 3] and run.description.finished == 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_a_probe_of_numpy_fits_a_model_of_any_format(data, tmp_path, dtype):
    inputs = data[0].double().numpy()[:, ::-1]
    model = Net().to(dtype)
    mg.Recorder(tmp_path / "run", probe=(inputs, data[1].numpy()), head=model.fc).snapshot(model, 1)
    expected = model.eval().embedding(model.backbone(torch.tensor(inputs.copy()).to(dtype))).detach().float()
    np.testing.assert_allclose(mg.read(tmp_path / "run")[0].points("test").features, expected, atol=1e-2)


def test_a_compiled_head_and_one_that_normalises(data, tmp_path):
    class Normed(nn.Linear):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return 8 * F.linear(F.normalize(inputs), F.normalize(self.weight))

    model = Net()
    recorder = mg.Recorder(tmp_path / "compiled", probe=data, head=compiled(model.fc))
    recorder.snapshot(model, 1)
    run = mg.read(tmp_path / "compiled")
    assert run.regions == "polygons"
    np.testing.assert_array_equal(run[0].points("test").predictions, model.eval()(data[0]).argmax(1).numpy())
    model.fc = Normed(2, CLASSES)
    mg.Recorder(tmp_path / "normed", probe=data, head=model.fc).snapshot(model, 1)
    run = mg.read(tmp_path / "normed")
    assert run.spec.w_norm and run.regions == "sectors"
    np.testing.assert_array_equal(run[0].points("test").predictions, model.eval()(data[0]).argmax(1).numpy())


def test_what_is_replaced_stays_until_the_first_snapshot(tmp_path):
    with mg.Recorder(tmp_path / "run", settings={"betas": (0.9, 0.99)}) as recorder:
        recorder.add(0, features_at(1), LABELS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    for settings in ({"a": object()}, {}):
        with pytest.raises(InputError):
            mg.Recorder(tmp_path / "run", overwrite=True, settings=settings).add(0, features_at(1)[:, 0], LABELS)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    assert mg.Recorder(tmp_path / "run", settings={"betas": (0.9, 0.99)}, resume=True).last_epoch == 0
    (tmp_path / "run" / "run.json").write_text("{")
    mg.Recorder(tmp_path / "run", overwrite=True).add(0, features_at(2), LABELS)
    np.testing.assert_array_equal(mg.read(tmp_path / "run")[0].points("test").features, features_at(2))


def test_a_record_of_an_older_format_is_not_gone_on_with(tmp_path):
    shutil.copytree(ROOT / "tests" / "format_2" / "ArcFace_v2", tmp_path / "old")
    with pytest.raises(InputError, match="older format"):
        mg.Recorder(tmp_path / "old", resume=True)
    assert len(mg.read(tmp_path / "old")) > 1
    assert "epoch 2," in mg.draw.space(mg.read(tmp_path / "old")[-1], ax=Figure().add_subplot()).ax_.get_title()


def test_a_resume_with_steps_of_ones_own_replaces_the_later_epochs(tmp_path):
    with mg.Recorder(tmp_path / "run") as recorder:
        for epoch in range(1, 6):
            recorder.add(epoch, features_at(epoch), LABELS, step=100 * epoch)
    with mg.Recorder(tmp_path / "run", resume=True) as recorder:
        recorder.add(3, features_at(7), step=310)
    assert [(s.epoch, s.step) for s in mg.read(tmp_path / "run")] == [(1, 100), (2, 200), (3, 310)]
    with pytest.raises(InputError, match="metric step: this name is taken"):
        mg.Recorder(tmp_path / "run", resume=True).add(4, features_at(7), metrics={"step": 7})
