"""The command `python -m marginalia` and the commands under it."""

from __future__ import annotations

import importlib

import click

from marginalia.core.version import VERSION

COMMANDS = {
    "train": "marginalia.cli.train",
    "draw": "marginalia.cli.draw",
    "sweep": "marginalia.cli.sweep",
    "figure": "marginalia.cli.figure",
    "check": "marginalia.cli.check",
    "playground": "marginalia.cli.playground",
    "faces": "marginalia.cli.faces",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)


@click.group(cls=LazyGroup)
@click.version_option(VERSION, prog_name="marginalia")
def marginalia() -> None:
    """See what margin-softmax losses do to a feature space."""
