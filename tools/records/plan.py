"""The trainings whose records come with the project, as data."""

from tools.results.plan import LONG, PRESETS, Trial

POINTS = 2000


def plan() -> list[Trial]:
    """The eleven presets, with few points in each snapshot."""
    given = {"epochs": LONG, "train_points": POINTS, "test_points": POINTS}
    return [Trial("records", lossname, given) for lossname in PRESETS]
