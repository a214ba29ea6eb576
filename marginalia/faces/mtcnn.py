"""The detector: MTCNN as facenet-pytorch ships it, with its weights in the wheel.

Source: Zhang et al., Joint Face Detection and Alignment (1604.02878).
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from marginalia.core.errors import InputError
from marginalia.faces.landmarks import Detector, most_central

SMALLEST_FACE = 20


def mtcnn() -> Detector:
    """uint8 (H, W, 3) -> the landmarks (5, 2) of the most central face, or None.

    From then on torch computes with one thread: several detections at a time would fight over more, and one has too
    little work for two. Raises InputError if the detector is not installed.
    """
    try:
        from facenet_pytorch import MTCNN
    except ImportError as error:
        raise InputError(
            f"the detector is not installed ({error}); install it with: "
            "pip install 'marginalia-viz[faces]' && pip install --no-deps facenet-pytorch==2.6.0"
        ) from None
    network = MTCNN(min_face_size=SMALLEST_FACE, select_largest=False, keep_all=True)
    for part in (network.pnet, network.rnet, network.onet):
        part.to(memory_format=torch.channels_last)  # twice as fast: maxima are slow in the other order
    torch.set_num_threads(1)

    def detect(pixels: np.ndarray) -> np.ndarray | None:
        height, width = pixels.shape[:2]
        if min(height, width) < SMALLEST_FACE:  # no scale of the pyramid is left then, which the network does not bear
            return None
        boxes, _, points = network.detect(Image.fromarray(pixels), landmarks=True)
        if boxes is None or not len(boxes):
            return None
        chosen = most_central(np.asarray(boxes, dtype=np.float64), width, height)
        return np.asarray(points[chosen], dtype=np.float64)

    return detect
