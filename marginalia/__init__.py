"""See what margin-softmax losses do to a feature space.

    import marginalia as mg

    run = mg.read("outputs/CosFace_v1")          # what a training recorded
    run.gif("test.gif")
    run[-1].points("test").features              # NumPy arrays
    head = mg.AngleLinear(2, 10, mg.presets()["CosFace_v1"])

`python -m marginalia --help` lists the commands. Every name is imported when it is used for the first time, so that
drawing loads no torch and `import marginalia` nothing at all.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from marginalia.core.version import VERSION as __version__

if TYPE_CHECKING:
    from marginalia import callbacks, draw
    from marginalia.config.presets import presets
    from marginalia.core.errors import InputError
    from marginalia.core.margin import MarginSpec, psi
    from marginalia.losses.angle_linear import AngleLinear
    from marginalia.losses.by_quality import AdaFace, MagFace
    from marginalia.losses.center import CenterLoss
    from marginalia.losses.circle import CircleLoss
    from marginalia.losses.curricular import CurricularFace
    from marginalia.losses.distance import GaussianMixture, RBFSoftmax
    from marginalia.losses.elastic import ElasticFace
    from marginalia.losses.learned_scale import AdaCos, LearnedScale
    from marginalia.losses.metric_learning import MetricLearning
    from marginalia.losses.sphereface2 import SphereFace2
    from marginalia.losses.sphereface_r import SphereFaceR
    from marginalia.losses.sub_center import SubCenterArcFace
    from marginalia.losses.uniface import UniFace
    from marginalia.record.description import DrawnHead
    from marginalia.recorded import read, read_parquet, read_record
    from marginalia.recorder import Recorder

PUBLIC = {
    "InputError": "core.errors",
    "MarginSpec": "core.margin",
    "psi": "core.margin",
    "presets": "config.presets",
    "read": "recorded",
    "read_parquet": "recorded",
    "read_record": "recorded",
    "Recorder": "recorder",
    "DrawnHead": "record.description",
    "draw": "",
    "callbacks": "",
    "AdaCos": "losses.learned_scale",
    "AdaFace": "losses.by_quality",
    "AngleLinear": "losses.angle_linear",
    "CenterLoss": "losses.center",
    "CircleLoss": "losses.circle",
    "CurricularFace": "losses.curricular",
    "ElasticFace": "losses.elastic",
    "GaussianMixture": "losses.distance",
    "LearnedScale": "losses.learned_scale",
    "MagFace": "losses.by_quality",
    "MetricLearning": "losses.metric_learning",
    "RBFSoftmax": "losses.distance",
    "SphereFace2": "losses.sphereface2",
    "SphereFaceR": "losses.sphereface_r",
    "SubCenterArcFace": "losses.sub_center",
    "UniFace": "losses.uniface",
}
__all__ = ["__version__", *PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not PUBLIC[name]:
        return importlib.import_module(f"marginalia.{name}")
    return getattr(importlib.import_module(f"marginalia.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
