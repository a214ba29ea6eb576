"""Errors in trainings of several processes, so that all of them stop and one message appears."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch.distributed as dist

from marginalia.core.errors import InputError, MessageForUserError, OneRankError, OtherRankError, in_words
from marginalia.training.ranks import Ranks

BACKENDS = ("gloo", "nccl")


def by_the_first(ranks: Ranks, do: Callable[[], None]) -> None:
    """Calls `do` on the first rank; all ranks raise what it raises."""
    failed: Exception | None = None
    if ranks.first:
        try:
            do()
        except (MessageForUserError, OSError) as error:
            failed = error
    failed = ranks.broadcast(failed)
    if failed is not None:
        raise failed


@contextmanager
def starting(ranks: Ranks) -> Iterator[Callable[[Any], None]]:
    """Gives the function that makes all ranks train from a checkpoint. If it is never called, none of them trains."""
    called = False

    def start(checkpoint: Any) -> None:
        nonlocal called
        called = True
        ranks.broadcast((True, checkpoint))

    try:
        yield start
    finally:
        if not called:
            ranks.broadcast((False, None))


@contextmanager
def on_this_rank(ranks: Ranks) -> Iterator[None]:
    """Errors in this block may happen on this rank only, so it reports them itself."""
    try:
        yield
    except InputError as error:
        raise error if ranks.count == 1 else OneRankError(str(error)) from None
    except OSError as error:
        if ranks.count == 1:
            raise
        raise OneRankError(in_words(error)) from None


@contextmanager
def with_all_ranks(ranks: Ranks) -> Iterator[None]:
    """Raises OtherRankError when another process has stopped."""
    try:
        yield
    except RuntimeError as error:
        lost = isinstance(error, dist.DistError) or any(name in str(error).lower() for name in BACKENDS)
        if ranks.count > 1 and lost:
            raise OtherRankError("another of the processes stopped; its own message says why") from None
        raise
