"""An outside recogniser to check the evaluator with: dlib's, which its author reports at 99.38 % on LFW.

Its 128 numbers are compared by their distance. Source: King, dlib's face_recognition_model_v1 and its blog of 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from marginalia.core.errors import InputError
from marginalia.data.images import Reading, read_pixels
from marginalia.faces.landmarks import most_central
from marginalia.faces.protocol import nearness

CENTRE = 0.45


class DlibRecogniser:
    """Detector, five landmarks and network, as dlib joins them. without_face: images in which the middle was taken.

    Raises InputError if dlib or its models are not installed.
    """

    name = "dlib"
    seen: frozenset[str] = frozenset()
    crops, numbered = None, False
    similarity = staticmethod(nearness)

    def __init__(self) -> None:
        try:
            import dlib
            import face_recognition_models as models
        except ImportError as error:
            raise InputError(
                f"dlib is not installed ({error}); install it with: pip install 'marginalia-viz[faces]'"
            ) from None
        self.dlib = dlib
        self.detector = dlib.get_frontal_face_detector()
        self.landmarks = dlib.shape_predictor(models.pose_predictor_five_point_model_location())
        self.network = dlib.face_recognition_model_v1(models.face_recognition_model_location())
        self.mark = f"dlib {version('dlib-bin')}, five points".encode()
        self.without_face: list[str] = []

    def embed(self, paths: Sequence[Path], reading: Reading, flipped: bool) -> np.ndarray:
        """Features float32 (N, 128) of images, or of their mirror images."""
        return np.array([self.one(path, reading, flipped) for path in paths], dtype=np.float32)

    def one(self, path: Path, reading: Reading, flipped: bool) -> np.ndarray:
        pixels = read_pixels(path, "RGB", reading)
        if flipped:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        box = self.face(pixels)
        if box is None:
            self.without_face.append(str(path))
            box = self.middle(pixels)
        shape = self.landmarks(pixels, box)
        return np.array(self.network.compute_face_descriptor(pixels, shape))

    def face(self, pixels: np.ndarray) -> Any:
        """The most central face; the image is enlarged once if none is seen at first. None if there is none then."""
        for enlarged in (0, 1):
            boxes = list(self.detector(pixels, enlarged))
            if boxes:
                corners = np.array([(box.left(), box.top(), box.right(), box.bottom()) for box in boxes])
                return boxes[most_central(corners, pixels.shape[1], pixels.shape[0])]
        return None

    def middle(self, pixels: np.ndarray) -> Any:
        """A square in the middle, as large as a face is in a photograph of LFW."""
        height, width = pixels.shape[:2]
        side = CENTRE * min(height, width)
        left, top = (width - side) / 2, (height - side) / 2
        return self.dlib.rectangle(int(left), int(top), int(left + side), int(top + side))
