"""The page under test in Debian's Chromium: where its points are, what it has drawn, and when it rests."""

from __future__ import annotations

import base64
import io
import shutil
from typing import Any

import numpy as np
from PIL import Image

from .paged import SNAPSHOTS

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
HOSTILE = "<script>document.title='taken'</script>"
LAST = SNAPSHOTS - 1
WANTED = {
    "one": ["CosFace_v1"], "two": ["softmax", "CosFace_v1"], "cells": ["cells"], "mixed": ["short", "softmax"],
    "four": ["softmax", "CosFace_v1", "cells", "short"], "many errors": ["lost"], "hostile": ["hostile"],
    "long names": ["long names"], "two fixed": ["softmax", "CosFace_v1"], "two log": ["softmax", "CosFace_v1"],
    "cells fixed": ["cells"], "cells log": ["cells"],
}  # fmt: skip


def rest(page: Any) -> None:
    """Waits until nothing moves and all is drawn."""
    page.wait_for_function("() => app.clock.resting && app.frame === null && app.told")


def epoch(page: Any) -> float:
    """The epoch that the page says it shows, and that its panes draw."""
    said = float(page.locator("#epoch").inner_text().removeprefix("epoch "))
    drawn = page.evaluate("app.panes.map((pane) => pane.run.epochs[pane.row])")
    assert max(drawn) == said
    return said


def canvas(page: Any, layer: int, pane: int = 0) -> np.ndarray:
    """The pixels of a pane's layer (0 sectors, 1 points, 2 marks), uint8 (H, W, 4)."""
    address = page.evaluate("([pane, layer]) => app.panes[pane].canvases[layer].toDataURL()", [pane, layer])
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGBA"))


def everywhere(page: Any, pane: int = 0) -> list[np.ndarray]:
    """CSS pixels within the pane of the features, (N, 2), and of their directions on the circle if it is drawn."""
    found = page.evaluate("(pane) => app.panes[pane].spots.map((spot) => spot.map((axis) => Array.from(axis)))", pane)
    return [np.array(spot).T for spot in found]


def places(page: Any, pane: int = 0) -> np.ndarray:
    """CSS pixels within the pane of the features, (N, 2)."""
    return everywhere(page, pane)[0]


def rings(page: Any, pane: int = 0) -> list[list[float]]:
    """Lengths and radii of the circles of constant |x|; the half height of the pane is 1."""
    return page.evaluate("(pane) => ringsAt(app.panes[pane].run.camera, app.panes[pane].rim)", pane)


def lonely(page: Any, pane: int = 0) -> int:
    """The point that is farthest from all others, so that it can be hit."""
    found = everywhere(page, pane)
    here = found[0]
    distance = np.linalg.norm(here[:, None] - np.concatenate(found), axis=2)
    distance[np.arange(len(here)), np.arange(len(here))] = np.inf
    inside = np.all((here > 60) & (here < page.evaluate("app.panes[0].side") - 60), axis=1)
    return int(np.argmax(np.where(inside, distance.min(axis=1), 0)))


def on_screen(page: Any, index: int, pane: int = 0) -> tuple[float, float]:
    """Where a point is in the window, CSS pixels."""
    box = page.locator(".space").nth(pane).bounding_box()
    x, y = places(page, pane)[index]
    return box["x"] + float(x), box["y"] + float(y)


def hover(page: Any, index: int, pane: int = 0) -> None:
    page.mouse.move(*on_screen(page, index, pane))
    rest(page)


def number_of(page: Any, index: int, split: str = "test") -> int:
    return page.evaluate("([split, index]) => pageData.sets[0][split].numbers[index]", [split, index])


def looked_at(page: Any) -> str:
    """What the page calls the image that it tells of; nothing if it tells of none."""
    rest(page)
    return page.locator("#which").inner_text() if page.locator("#which").is_visible() else ""
