"""The figures of the theory, each drawn from the margin function that trains.

A figure is a module with TITLE and LINE, which say what to see; LOSSES, the presets that it shows unless others are
asked for, and MOST, how many have room; and draw(figure, style, presets, runs), with MarginSpecs and runs by the name
of the loss.
"""

from types import ModuleType

from marginalia.viz.figures import angular_margin, circle, feasible, plane, pull, target_logits

FIGURES: dict[str, ModuleType] = {
    "target-logits": target_logits,
    "plane": plane,
    "circle": circle,
    "angular-margin": angular_margin,
    "feasible": feasible,
    "pull": pull,
}
