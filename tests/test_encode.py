"""Moving pictures of every kind, decoded again."""

from __future__ import annotations

import io
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from marginalia.viz.encode import encode
from marginalia.viz.frames import SquareFrame
from marginalia.viz.movie import draw_run, draw_still, draw_turn
from marginalia.viz.style import Style
from marginalia.viz.timing import Timing

from .made_up import made_up_run


@pytest.fixture
def run(config_file):
    return made_up_run(config_file)


@pytest.mark.parametrize("kind", ["gif", "webp", "apng"])
def test_pictures_that_move(run, tmp_path, kind):
    path = draw_run(run, tmp_path, "test", Style(240), Timing(0.3, 1.5, between=2), range(4), kind=kind)
    assert path.name == f"test.{kind}"
    with Image.open(path) as movie:
        assert (movie.size, movie.n_frames, movie.info["loop"]) == ((240, 240), 10, 0)
        total = 0
        for number in range(movie.n_frames):
            movie.seek(number)
            movie.load()
            total += movie.info["duration"]
        last = np.asarray(movie.convert("RGB"), dtype=int)
    assert total == 9 * 100 + 1500
    still = np.asarray(Image.open(tmp_path / "test_last.png").convert("RGB"), dtype=int)
    assert np.abs(last - still).mean() < 4
    assert len(list((tmp_path / "frames").iterdir())) == 4


def test_mp4(run, tmp_path):
    path = draw_run(run, tmp_path, "test", Style(241), Timing(0.2, 1), range(4), layout="slide", kind="mp4")
    assert path.name == "slide_test.mp4"
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    raw = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    movie = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 240, 428, 3)
    assert len(movie) == round(25 * (3 * 0.2 + 1))
    assert movie[0, 2, -2].min() > 245
    assert np.abs(movie[-1].astype(int) - movie[0]).mean() > 2


def test_a_gif_keeps_the_colours_of_large_areas():
    tints = [(255, 255, 255), *((160 + 8 * step, 227, 242) for step in range(11))]
    frame = np.repeat(np.array(tints, dtype=np.uint8), 5, axis=0)[:, None].repeat(60, axis=1)
    frame = np.concatenate((frame, frame[:20]))
    noisy = frame.copy()
    noisy[60:] = np.random.default_rng(0).integers(0, 256, (20, 60, 3))
    gif = encode(iter([noisy, frame]), [noisy], [100, 100], "gif")
    with Image.open(io.BytesIO(gif)) as movie:
        movie.seek(1)
        pixels = np.asarray(movie.convert("RGB"))
    np.testing.assert_array_equal(pixels, frame)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_stills_are_reproducible_and_can_be_transparent(run, tmp_path, kind):
    style = Style(240, transparent=True)
    path = draw_still(run, tmp_path, "test", style, 3, "square", kind)
    assert path.name == f"test_epoch_03.{kind}"
    first = path.read_bytes()
    assert draw_still(run, tmp_path, "test", style, 3, "square", kind).read_bytes() == first
    if kind == "png":
        with Image.open(path) as image:
            assert image.mode == "RGBA"
            assert image.getpixel((2, 2))[3] == 0
    else:
        assert first.startswith({"svg": b"<?xml", "pdf": b"%PDF"}[kind])


def test_names_are_escaped_in_svg(config_file, tmp_path):
    run = made_up_run(config_file, names=("<script>", "b&c"))
    svg = draw_still(run, tmp_path, "test", Style(240), 3, "square", "svg").read_text()
    assert "<script" not in svg


def test_a_3d_space_turns_once_without_a_seam(config_file, tmp_path):
    path = draw_turn(made_up_run(config_file, dimension=3), tmp_path, "test", Style(200))
    with Image.open(path) as movie:
        assert movie.n_frames == 60
        durations = []
        for number in range(60):
            movie.seek(number)
            durations.append(movie.info["duration"])
    assert set(durations) == {100}


def test_large_areas_of_a_gif_keep_their_colour(config_file):
    """Ten tints and ten hatched ones: none is drawn in the colour of another."""
    page = SquareFrame(made_up_run(config_file, snapshots=3), "test", Style())
    frames = [page.image(number).copy() for number in range(3)]
    moving = Image.open(io.BytesIO(encode(frames, frames, [100] * 3, "gif")))
    for number, frame in enumerate(frames):
        moving.seek(number)
        decoded = np.asarray(moving.convert("RGB")).astype(int)
        colors, inverse, counts = np.unique(frame.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
        large = np.flatnonzero(counts > frame[..., 0].size / 400)
        assert len(large) >= 15
        for color in large:
            shown = decoded.reshape(-1, 3)[inverse.ravel() == color]
            assert np.abs(shown - colors[color]).max() <= 8
