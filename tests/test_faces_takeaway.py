"""What is taken away: exported files give the same features and figures, outside models are judged, faces compared."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.data.images import USUAL
from marginalia.faces.backbones import build_backbone
from marginalia.faces.embedder import NetworkEmbedder, load_model
from marginalia.faces.exporting import export
from marginalia.faces.outside import load_from_python, load_onnx
from marginalia.faces.recipe import recipe_named
from marginalia.faces.thresholds import threshold_of

CPU = torch.device("cpu")


@pytest.fixture
def model(train_faces, tmp_path):
    assert train_faces("--validation", 0)[0] == 0
    return tmp_path / "out"


def features(embedder, album):
    return embedder.embed(sorted(album.rglob("*.png")), USUAL, False)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.linalg.norm(expected, axis=1).max())


def test_an_onnx_file_gives_the_same_features_and_figures(run, model, noise_album, tmp_path):
    code, said, err = run("faces", "export", "--model", model, "--format", "onnx", "--out", tmp_path / "m.onnx",
                          "--data", noise_album)  # fmt: skip
    assert (code, err) == (0, "")
    assert said.startswith(f"{tmp_path / 'm.onnx'}: images (N, 3, 16, 16), RGB, (x - 127.5) / 128\nfeatures differ")
    outside = load_onnx(tmp_path / "m.onnx")
    assert outside.shape == (16, 16)
    close(features(outside, noise_album), features(load_model(model, CPU), noise_album))
    lines = [line for n in range(4) for line in (f"p{n} 0 1", f"p{n} 0 p{(n + 1) % 4} 2")]
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("4 1\n" + "\n".join(lines) + "\n")
    for number in range(4):
        for image in range(4):
            path = noise_album / f"p{number}" / f"{image}.png"
            path.rename(path.with_name(f"p{number}_{image:04d}.png"))
    ask = ("faces", "evaluate", "--data", noise_album, "--pairs", pairs, "--out", tmp_path / "e", "--model")
    code, said, err = run(*ask, tmp_path / "m.onnx")
    assert (code, err) == (0, "")
    figures = json.loads((tmp_path / "e" / "m.json").read_text())
    assert figures["pairs"] == 8 and figures["threshold_at_far"]["0.1"] is None


@pytest.mark.parametrize("backbone", ["sphere4", "ir18_se", "mobilefacenet"])
@pytest.mark.parametrize("kind", ["onnx", "torchscript", "safetensors"])
def test_every_format_is_checked(tmp_path, backbone, kind):
    recipe = recipe_named("small", {"backbone": backbone, "size": "32x32", "dimension": 8})
    torch.manual_seed(0)
    embedder = NetworkEmbedder(build_backbone(backbone, 8, (32, 32)), (32, 32), CPU)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    assert export(embedder, recipe, kind, tmp_path / "m", pixels) <= 1e-5
    assert (tmp_path / "m").stat().st_size > 10_000


def test_a_file_that_differs_is_not_written(tmp_path, monkeypatch):
    recipe = recipe_named("small", {"size": "32x32", "dimension": 8})
    embedder = NetworkEmbedder(build_backbone("conv4", 8, (32, 32)), (32, 32), CPU)
    other = build_backbone("conv4", 8, (32, 32)).eval()
    monkeypatch.setitem(export.__globals__["READERS"], "onnx", lambda *_: other)
    with pytest.raises(InputError, match=r"differ by .* of their length; nothing was written"):
        export(embedder, recipe, "onnx", tmp_path / "m.onnx", np.zeros((2, 32, 32, 3), dtype=np.uint8) + 9)
    assert not (tmp_path / "m.onnx").exists()


MINE = """
import torch
class Mean(torch.nn.Module):
    size = (8, 8)
    def forward(self, x):
        return x.mean(dim=(2, 3))
def load():
    return Mean()
def nothing():
    return 1
def odd():
    return torch.nn.Identity()
def failing():
    raise RuntimeError("no weights")
def leaving():
    raise SystemExit(7)
class Two(Mean):
    def forward(self, x):
        return super().forward(x)[:2]
class Turned(Mean):
    def forward(self, x):
        return super().forward(x.flip(1))
"""


def test_a_model_of_a_python_file(run, noise_album, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    mine = load_from_python(f"{tmp_path / 'mine.py'}:load", CPU)
    image = np.asarray(Image.open(noise_album / "p0" / "0.png").resize((8, 8), Image.Resampling.BILINEAR), dtype=float)
    expected = (image.mean(axis=(0, 1)) - 127.5) / 128
    np.testing.assert_allclose(mine.embed([noise_album / "p0" / "0.png"], USUAL, False)[0], expected, atol=1e-3)
    code, _, err = run("faces", "evaluate", "--data", noise_album, "--model", f"{tmp_path / 'mine.py'}:load",
                          "--out", tmp_path / "e")  # fmt: skip
    assert (code, err) == (0, "") and (tmp_path / "e" / "mine-load.json").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("nothing", "returns int; a torch.nn.Module is needed"),
     ("odd", "gives (4, 3, 112, 112) for 4 images"), ("leaving", "leaving fails"),
     ("Two", "gives (2, 3) for 4 images"), ("failing", "no weights"),
     ("lod", "has no 'lod'; did you mean load")],
)  # fmt: skip
def test_python_files_that_give_no_recogniser(run, noise_album, tmp_path, name, said):
    (tmp_path / "mine.py").write_text(MINE)
    code, _, err = run("faces", "evaluate", "--data", noise_album, "--model", f"{tmp_path / 'mine.py'}:{name}")
    assert (code, err.count("\n"), said in err) == (2, 1, True), err


def test_two_functions_of_one_file_are_two_models(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    one, other = (load_from_python(f"{tmp_path / 'mine.py'}:{name}", CPU) for name in ("load", "Turned"))
    assert (one.name, other.name) == ("mine-load", "mine-Turned") and one.mark != other.mark


def onnx_of(path, outputs=1, **options):
    class Network(torch.nn.Module):
        def forward(self, x):
            features = x.mean(dim=(2, 3))
            return features if outputs == 1 else (features, 2 * features)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Network(), (torch.zeros(4, 3, 8, 8),), path, dynamo=False, **options)
    return path


def test_onnx_files_of_a_fixed_batch(tmp_path):
    """Four images at a time; of six, two are in a batch that is filled up."""
    network = load_onnx(onnx_of(tmp_path / "four.onnx")).backbone
    images = torch.rand(6, 3, 8, 8)
    torch.testing.assert_close(network(images), images.mean(dim=(2, 3)))


def test_onnx_files_of_several_outputs_are_refused(tmp_path):
    with pytest.raises(InputError, match="has the outputs one, two; one is needed"):
        load_onnx(onnx_of(tmp_path / "two.onnx", 2, output_names=["one", "two"]))


def test_an_onnx_file_that_is_none(run, noise_album, tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    for name in ("bad.onnx", "missing.onnx"):
        code, _, err = run("faces", "evaluate", "--data", noise_album, "--model", tmp_path / name)
        assert (code, err.count("\n"), name in err) == (2, 1, True)


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_features_in_a_table(run, model, noise_album, tmp_path, suffix):
    out = tmp_path / "tables" / f"features{suffix}"
    code, said, err = run("faces", "embed", noise_album, "--model", model, "--out", out)
    assert (code, err, said.startswith("16 images of 4 people, 128 features each")) == (0, "", True)
    expected = features(load_model(model, CPU), noise_album)
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    if suffix == ".npz":
        content = np.load(out)
        found, labels = content["features"], content["labels"]
    else:
        from pyarrow.parquet import read_table

        table = read_table(out)
        found = np.stack([table[f"x{number}"].to_numpy() for number in range(128)], axis=1)
        labels = np.array(table["label"].to_pylist())
    np.testing.assert_array_equal(found, expected)
    assert labels.tolist() == [f"p{n // 4}" for n in range(16)]
    drawn = run("create_gif.py", "--features", out, "--outputs", tmp_path / "drawn")
    assert drawn[0] == 0, drawn


def test_two_images_are_compared(run, model, noise_album, tmp_path):
    figures = tmp_path / "figures.json"
    mark = load_model(model, CPU).mark.hex()
    asked = {"fusion": "sum", "subtract_mean": False, "sphereface": False, "mark": mark, "model": "out"}
    figures.write_text(json.dumps({"threshold_at_far": {"0.1": 0.9999, "0.01": None}, "asked": asked}))
    ask = ("faces", "verify", noise_album / "p0" / "0.png")
    more = ("--model", model, "--aligned", "--out", tmp_path / "v.png")
    code, said, err = run(*ask, noise_album / "p0" / "0.png", *more, "--figures", figures, "--far", 0.1)
    assert (code, err) == (0, "")
    assert said.startswith("the same person: score 1.000 (out; the same from 1.000 on, which accepts 10 % of different")
    code, said, _ = run(*ask, noise_album / "p1" / "0.png", *more, "--figures", figures, "--far", 0.1)
    assert said.startswith("two people: score ")
    with Image.open(tmp_path / "v.png") as picture:
        assert picture.size == (960, 720)
    code, said, _ = run(*ask, noise_album / "p1" / "0.png", *more)
    assert said.startswith("score ") and "--figures" in said
    code, _, err = run(*ask, noise_album / "p1" / "0.png", *more, "--figures", figures)
    assert (code, "no threshold at FAR 0.01; it has pairs enough for 0.1" in err) == (2, True)
    figures.write_text(json.dumps({"threshold_at_far": {"0.1": 0.9}, "asked": asked | {"mark": "00"}}))
    code, _, err = run(*ask, noise_album / "p1" / "0.png", *more, "--figures", figures, "--far", 0.1)
    assert (code, "has the figures of another model, out; evaluate this one" in err) == (2, True)


def test_noise_has_no_face(run, model, noise_album):
    pytest.importorskip("facenet_pytorch")
    image = noise_album / "p0" / "0.png"
    code, _, err = run("faces", "verify", image, image, "--model", model)
    assert (code, "no face is found; --aligned takes the image as it is" in err) == (2, True)


@pytest.mark.parametrize("content", ["{}", "[]", '{"threshold_at_far": {"0.1": "x"}, "asked": {}}', "no JSON"])
def test_figures_without_thresholds(tmp_path, content):
    (tmp_path / "f.json").write_text(content)
    with pytest.raises(InputError, match=r"f\.json"):
        threshold_of(tmp_path / "f.json", 0.1, b"")
