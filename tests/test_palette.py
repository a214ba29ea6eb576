"""Colours that readers with a colour-vision deficiency can tell apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from colorspacious import cspace_convert
from matplotlib.colors import to_rgb

from marginalia.viz.style import class_colors

PETROFFS_BOUND = 11


@pytest.mark.parametrize("deficiency", ["protanomaly", "deuteranomaly", "tritanomaly", None])
def test_ten_classes_stay_apart(deficiency):
    colors = np.array([to_rgb(color) for color in class_colors(10)])
    if deficiency is not None:
        seen = {"name": "sRGB1+CVD", "cvd_type": deficiency, "severity": 100}
        colors = np.clip(cspace_convert(colors, seen, "sRGB1"), 0, 1)
    jab = cspace_convert(colors, "sRGB1", "CAM02-UCS")
    assert min(np.linalg.norm(a - b) for a, b in combinations(jab, 2)) >= PETROFFS_BOUND
