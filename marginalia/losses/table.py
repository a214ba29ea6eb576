"""Every head by the name that a row of config.json gives it."""

from __future__ import annotations

from typing import Any

from marginalia.config.heads import HEADS, HeadSpec, MetricLearningSpec
from marginalia.core.margin import MarginSpec
from marginalia.losses.angle_linear import AngleLinear
from marginalia.losses.by_quality import AdaFace, MagFace
from marginalia.losses.center import CenterLoss
from marginalia.losses.circle import CircleLoss
from marginalia.losses.curricular import CurricularFace
from marginalia.losses.distance import GaussianMixture, RBFSoftmax
from marginalia.losses.elastic import ElasticFace
from marginalia.losses.head import Head
from marginalia.losses.learned_scale import AdaCos, LearnedScale
from marginalia.losses.metric_learning import MetricLearning, objective
from marginalia.losses.sphereface2 import SphereFace2
from marginalia.losses.sphereface_r import SphereFaceR
from marginalia.losses.sub_center import SubCenterArcFace
from marginalia.losses.uniface import UniFace

CLASSES: dict[str, type] = {
    "center": CenterLoss,
    "learned-scale": LearnedScale,
    "AdaCos": AdaCos,
    "SphereFace-R": SphereFaceR,
    "SphereFace2": SphereFace2,
    "CurricularFace": CurricularFace,
    "MagFace": MagFace,
    "AdaFace": AdaFace,
    "ElasticFace": ElasticFace,
    "sub-center": SubCenterArcFace,
    "UniFace": UniFace,
    "Circle": CircleLoss,
    "RBF-softmax": RBFSoftmax,
    "Gaussian-mixture": GaussianMixture,
    "pml": MetricLearning,
}
BY_SPEC: dict[type, Any] = {HEADS[name]: head for name, head in CLASSES.items()} | {MarginSpec: AngleLinear}


def build_head(spec: MarginSpec | HeadSpec, dimension: int, classes: int, start: str) -> Head:
    """The head that belongs to these numbers, with fresh weights."""
    return BY_SPEC[type(spec)](dimension, classes, spec, start)


def require_available(spec: MarginSpec | HeadSpec) -> None:
    """InputError if the loss is another library's and cannot be had from there."""
    if isinstance(spec, MetricLearningSpec):
        objective(spec.loss)
