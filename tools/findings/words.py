"""Numbers as findings.md says them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from marginalia.core.interval import Interval
from marginalia.sweeps.statistics import Difference

NOT_SEEN = "no difference seen"


def percent(found: Interval) -> str:
    """ "97.84 ± 0.08": mean and standard deviation of a share, in per cent."""
    return f"{100 * found.mean:.2f} ± {100 * found.sd:.2f}"


def points(found: Difference) -> str:
    """ "+0.51 (+0.31 to +0.71)", in points, or that nothing was seen."""
    change = found.interval
    text = f"{100 * change.mean:+.2f} ({100 * change.low:+.2f} to {100 * change.high:+.2f})"
    return text if found.is_seen else f"{text}, {NOT_SEEN}"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"; "none" for an empty list."""
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
