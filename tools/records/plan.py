"""The trainings whose records come with the project, as data."""

from tools.results.plan import PRESETS, Trial

POINTS = 2000


def plan() -> list[Trial]:
    """The eleven presets, with few points in each snapshot."""
    return [Trial("records", lossname, {"train_points": POINTS, "test_points": POINTS}) for lossname in PRESETS]
