"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

from marginalia.config.places import config_path, outputs_path

config_option = click.option("--config", type=Path, default=config_path, show_default="config.json")
outputs_option = click.option(
    "--outputs", type=Path, default=outputs_path, show_default="outputs", help="Folder of all runs."
)
