"""Frames into the bytes of a moving picture: GIF, WebP, APNG or MP4."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from marginalia.core.errors import InputError

PALETTE_SIZE = 256
EXACT_COLORS = 44
TOLD_APART = 8
MOST_BYTES = 10**9
SHORTEST_MILLISECONDS = 20
FRAMES_PER_SECOND = 25
WEBP_QUALITY = 85


def encode(frames: Iterable[np.ndarray], samples: Sequence[np.ndarray], milliseconds: list[int], kind: str) -> bytes:
    """uint8 (height, width, 3) frames -> a picture of this kind; all but MP4 repeat for ever.

    samples: a few frames that have all colours, for the palette of a GIF; at least one. milliseconds: how long each
    frame is shown. Raises InputError where a kind cannot be made here.
    """
    if kind == "gif":
        return gif_bytes(frames, samples, milliseconds)
    if kind == "mp4":
        return mp4_bytes(frames, milliseconds)
    if len(milliseconds) * samples[0].nbytes > MOST_BYTES:
        raise InputError(
            f"{len(milliseconds)} frames are too many for {kind}, which is made in memory; take mp4 or gif"
        )
    images = [Image.fromarray(frame) for frame in frames]
    packed = io.BytesIO()
    options = {"quality": WEBP_QUALITY, "method": 2} if kind == "webp" else {}
    name = "WEBP" if kind == "webp" else "PNG"
    images[0].save(packed, name, save_all=True, append_images=images[1:], duration=milliseconds, loop=0, **options)
    return packed.getvalue()


def gif_bytes(frames: Iterable[np.ndarray], samples: Sequence[np.ndarray], milliseconds: list[int]) -> bytes:
    """A GIF in one palette, without dithering.

    Pillow writes it itself: by way of imageio, which hands it bare indices, it takes nine times as long.
    """
    palette = shared_palette(samples)
    indexed = (Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    packed = io.BytesIO()
    next(indexed).save(
        packed,
        "GIF",
        save_all=True,
        append_images=indexed,
        palette=bytes(palette.getpalette() or ()),
        duration=milliseconds,
        loop=0,
        optimize=False,
    )
    return packed.getvalue()


def shared_palette(samples: Sequence[np.ndarray]) -> Image.Image:
    """One palette for all frames, from a few uint8 (height, width, 3) samples.

    The commonest colours are in it as they are, so that the background, the tints and the hatched tints stay exact;
    Pillow tells them apart from about 8 of 255 on; no other entry is nearer to the background.
    """
    pixels = np.concatenate(samples)
    strip = Image.fromarray(pixels)
    rough = strip.quantize(PALETTE_SIZE, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    entries = np.array(rough.getpalette()).reshape(-1, 3)
    some = pixels[::3, ::3].reshape(-1, 3).astype(np.uint32)
    colors, counts = np.unique(some @ np.array((1 << 16, 1 << 8, 1), dtype=np.uint32), return_counts=True)
    commonest = colors[np.argsort(-counts, kind="stable")[:EXACT_COLORS]]
    taken: list[int] = []
    for color in commonest:
        exact = color >> np.array((16, 8, 0)) & 255
        distance = np.square(entries - exact).sum(axis=1).astype(float)
        distance[taken] = np.inf
        taken.append(int(distance.argmin()))
        entries[taken[-1]] = exact
    background = entries[taken[0]].astype(int)
    entries[np.abs(entries.astype(int) - background).max(axis=1) < TOLD_APART] = background
    palette = Image.new("P", (1, 1))
    palette.putpalette(entries.ravel().tolist())
    return palette


def mp4_bytes(frames: Iterable[np.ndarray], milliseconds: list[int]) -> bytes:
    """H.264 at 25 frames a second, so times are rounded to 40 ms; odd sides lose their last line."""
    import imageio_ffmpeg

    try:
        imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        raise InputError("no ffmpeg for this machine came with imageio-ffmpeg; take --format gif") from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "movie.mp4"
        writer = None
        for frame in repeated(frames, milliseconds):
            if writer is None:
                height, width, _ = frame.shape
                writer = imageio_ffmpeg.write_frames(
                    str(path), (width, height), fps=FRAMES_PER_SECOND, codec="libx264", quality=8, macro_block_size=1
                )
                writer.send(None)
            writer.send(np.ascontiguousarray(frame))
        if writer is not None:
            writer.close()
        return path.read_bytes()


def repeated(frames: Iterable[np.ndarray], milliseconds: list[int]) -> Iterator[np.ndarray]:
    """Each frame repeated for its time at 25 a second, with even sides, which H.264 needs."""
    shown = elapsed = 0
    for frame, time in zip(frames, milliseconds, strict=True):
        elapsed += time
        even = frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
        until = max(shown + 1, round(elapsed * FRAMES_PER_SECOND / 1000))
        for _ in range(shown, until):
            yield even
        shown = until
