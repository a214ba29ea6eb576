"""A run packed into one small file and unpacked again; the records that come with Marginalia."""

from __future__ import annotations

import io
import json
import re
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from marginalia.cli.exports import RenderOptions
from marginalia.cli.pages import export_page
from marginalia.core.errors import InputError
from marginalia.record.archive import pack, short, unpack
from marginalia.record.included import RECORDS, unpacked
from marginalia.record.snapshot import SPLITS
from marginalia.record.store import read_description, read_run
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

from .made_up import made_up_run, save


@pytest.fixture
def packed(config_file, tmp_path):
    """(the run, its archive)."""
    run = made_up_run(config_file)
    save(run, tmp_path / "run")
    pack(run.snapshots, replace(read_description(tmp_path / "run"), name="small"), tmp_path / "small.tar.xz")
    return run, tmp_path / "small.tar.xz"


def test_eleven_bits_are_as_exact_as_half_precision():
    numbers = np.float32(10.0) ** np.random.default_rng(0).uniform(-4, 4.8, 10_000).astype(np.float32)
    np.testing.assert_array_equal(short(numbers), numbers.astype(np.float16).astype(np.float32))
    large = np.float32([82_000.4, -1e30, 0, np.finfo(np.float32).max])
    np.testing.assert_allclose(short(large), large, rtol=2**-11)


def test_a_run_packed_and_unpacked_again(packed, tmp_path):
    run, archive = packed
    unpack(archive, tmp_path / "new" / "small")
    again = read_run(tmp_path / "new" / "small")
    assert again.name == "small"
    for before, after in zip(run.snapshots, again.snapshots, strict=True):
        assert after.epoch == before.epoch
        assert after.metrics == pytest.approx(before.metrics, rel=0, abs=0, nan_ok=True)
        np.testing.assert_array_equal(after.class_weights, before.class_weights)
        mine, theirs = before.points("test"), after.points("test")
        np.testing.assert_allclose(theirs.features, mine.features, rtol=2**-11)
        np.testing.assert_array_equal(theirs.predictions, mine.predictions)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["small"]


def test_packing_again_gives_the_same_bytes(packed, tmp_path):
    _, archive = packed
    unpack(archive, tmp_path / "new")
    pack(read_run(tmp_path / "new").snapshots, read_description(tmp_path / "new"), tmp_path / "again.tar.xz")
    assert (tmp_path / "again.tar.xz").read_bytes() == archive.read_bytes()


def test_what_lies_in_the_way_stays(packed, tmp_path):
    _, archive = packed
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("my own")
    with pytest.raises(InputError, match="mine holds something else"):
        unpack(archive, tmp_path / "mine")
    assert (tmp_path / "mine" / "run.json").read_text() == "my own"
    unpack(archive, tmp_path / "there")
    (tmp_path / "there" / "test.gif").write_text("drawn")
    unpack(archive, tmp_path / "there")
    assert (tmp_path / "there" / "test.gif").read_text() == "drawn"


def test_what_is_no_archive_of_a_run_is_refused(packed, tmp_path):
    _, archive = packed
    content = archive.read_bytes()
    for damaged in (content[:-200], b"", content[:300] + b"\0" * 40 + content[340:]):
        (tmp_path / "bad.tar.xz").write_bytes(damaged)
        with pytest.raises(InputError, match=r"bad\.tar\.xz is damaged"):
            unpack(tmp_path / "bad.tar.xz", tmp_path / "out")
    link = tarfile.TarInfo("run.json")
    link.type, link.linkname = tarfile.SYMTYPE, "run.json"
    for entry in (*map(tarfile.TarInfo, ("../evil", "run.json/../../evil", "snapshots/x.py")), link):
        with tarfile.open(tmp_path / "bad.tar.xz", "w:xz") as bad:
            bad.addfile(entry, io.BytesIO())
        with pytest.raises(InputError, match="is no file of a run"):
            unpack(tmp_path / "bad.tar.xz", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path.parent / "evil").exists()


def test_the_records_are_runs_of_the_presets(config_file, tmp_path):
    outputs = unpacked(tmp_path)
    presets = set(config_file.margins())
    assert {folder.name for folder in outputs.iterdir()} == presets
    assert sum(path.stat().st_size for path in RECORDS.iterdir()) <= 6e6
    for folder in outputs.iterdir():
        run = read_run(folder)
        assert run.name == run.lossname == folder.name
        assert run.spec == config_file.margin(run.name)
        assert [snapshot.epoch for snapshot in run.snapshots[:8]] == [0, *(2.0**-n for n in range(6, -1, -1))]
        assert (len(run.snapshots), run.snapshots[-1].epoch) == (27, 20)
        assert {len(points.labels) for points in run.snapshots[-1].splits.values()} == {2000}


def test_one_record_in_the_way_does_not_block_the_others(tmp_path):
    (tmp_path / "records" / "softmax").mkdir(parents=True)
    with pytest.raises(InputError, match="softmax holds something else"):
        unpacked(tmp_path)
    assert (unpacked(tmp_path, {"CosFace_v1"}) / "CosFace_v1" / "run.json").is_file()


def test_runs_of_one_page_are_turned_alike_and_a_mirrored_one_says_so(config_file, tmp_path):
    outputs = unpacked(tmp_path, {"softmax", "A-softmax_v1"})
    options = RenderOptions(outputs, SPLITS, Style(), Timing(), "gif", (0, None))
    page = tmp_path / "two.html"
    export_page(["softmax", "A-softmax_v1"], config_file, page, options)
    (data,) = re.findall(r'id="page-data">(.*?)</script>', page.read_text(encoding="utf-8"))
    content = json.loads(data)
    assert [run["name"] for run in content["runs"]] == ["softmax", "A-softmax_v1 ↔"]
    mine, other = (read_run(outputs / name).snapshots[-1].class_weights for name in ("softmax", "A-softmax_v1"))
    first, second = (np.array(run["weights"][-1])[:, 0] for run in content["runs"])
    np.testing.assert_allclose(np.sin(first - np.arctan2(mine[:, 1], mine[:, 0])), 0, atol=1e-3)
    turned = np.angle(np.exp(1j * (second + np.arctan2(other[:, 1], other[:, 0]))))
    np.testing.assert_allclose(np.exp(1j * turned), np.exp(1j * turned[0]), atol=1e-3, err_msg="one reflection for all")
