"""What a wheel takes from the checkout: config.json, and the commit that it was built from."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithConfig(build_py):
    """Copies config.json into the package. An editable install reads the one in the checkout."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        package = Path(self.build_lib) / "marginalia"
        self.copy_file(ROOT / "config.json", str(package / "config" / "config.json"))
        (package / "core" / "commit.txt").write_text(commit())


def commit() -> str:
    """The checkout's commit; that of an sdist is not known."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


setup(cmdclass={"build_py": BuildWithConfig})
