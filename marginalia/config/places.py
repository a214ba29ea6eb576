"""Where the configuration, the runs and the downloads lie unless the user says otherwise.

In a checkout they lie in it, from whatever folder a command is started. Installed from a wheel, the configuration is
the package's, runs go to the current folder and downloads to the user's cache.
"""

from __future__ import annotations

from pathlib import Path

AUTO = "auto"
NAME = 'name = "marginalia-viz"'
PACKAGE = Path(__file__).parent.parent
ROOT = PACKAGE.parent


def is_checkout() -> bool:
    """Whether the package is imported from a checkout, as after `pip install --editable`."""
    project = ROOT / "pyproject.toml"
    return (ROOT / "config.json").is_file() and project.is_file() and NAME in project.read_text(encoding="utf-8")


def config_path() -> Path:
    return as_seen_from_here(ROOT / "config.json") if is_checkout() else PACKAGE / "config" / "config.json"


def outputs_path() -> Path:
    return as_seen_from_here(ROOT / "outputs") if is_checkout() else Path("outputs")


def data_path(setting: str) -> Path:
    """The folder of downloaded data sets that `data_dir` names; "auto" is that of the checkout or the user's cache."""
    if setting != AUTO:
        return Path(setting)
    if is_checkout():
        return as_seen_from_here(ROOT / "data")
    from platformdirs import user_cache_path

    return user_cache_path("marginalia", appauthor=False)


def as_seen_from_here(path: Path) -> Path:
    """The path relative to the current folder if it lies in it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
