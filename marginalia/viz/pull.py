"""Where a loss moves a feature: its gradient, exact from the margin function."""

from __future__ import annotations

import numpy as np

from marginalia.core.margin import Margin, psi, psi_slope
from marginalia.record.metrics import unit
from marginalia.viz.regions import effective

FLAT = 1e-9


def pull(features: np.ndarray, label: int, class_weights: np.ndarray, spec: Margin) -> np.ndarray:
    """-dloss/dx of the cross-entropy with margin, at features (N, D) that belong to class `label` -> (N, D).

        logit_j = s |w_j| |x| cos(theta_j)      d/dx = s |w_j| (|x|/|x| cos(theta_j) u + |x|/|x| sin(theta_j) t_j)
        logit_y = s |w_y| |x| psi(theta_y)      d/dx = s |w_y| (psi(theta_y) u - psi'(theta_y) t_y)

    with u = x / |x| and t_j the unit vector across u, towards w_j. Where the features are normalised, |x| = 1 in the
    logits: the part along u is gone, and the rest is divided by the true |x|. class_weights: (C, D). Features must not
    be zero. At theta_y = 0 and at 180 degrees there is no t_y, and that term is 0.
    Source: ArcFace (1801.07698, eq. 4), differentiated.
    """
    features = np.asarray(features, np.float64)
    weights = effective(class_weights, spec)
    lengths = np.linalg.norm(features, axis=1)[:, None]
    along = unit(features)
    cosines = np.clip(along @ unit(weights).T, -1, 1)
    across = unit(weights)[None] - cosines[:, :, None] * along[:, None]
    sines = np.linalg.norm(across, axis=2)
    tangents = np.where(sines > FLAT, 1 / np.maximum(sines, FLAT), 0)[:, :, None] * across
    theta = np.arctan2(sines[:, label], cosines[:, label])
    value, turning = cosines.copy(), sines.copy()
    value[:, label], turning[:, label] = psi(theta, spec), -psi_slope(theta, spec)
    scale = spec.s * np.linalg.norm(weights, axis=1)
    logits = scale * value * (1 if spec.x_norm else lengths)
    share = np.exp(logits - logits.max(axis=1, keepdims=True))
    share = -share / share.sum(axis=1, keepdims=True)
    share[:, label] += 1
    outwards = np.zeros_like(along) if spec.x_norm else (share * scale * value).sum(axis=1)[:, None] * along
    sideways = np.einsum("nc,ncd->nd", share * scale * turning, tangents)
    return outwards + sideways / (lengths if spec.x_norm else 1)
