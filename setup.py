"""What a wheel and an sdist take from the checkout: config.json, and the commit that they were built from."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
COMMIT = Path("marginalia", "core", "commit.txt")


class BuildWithConfig(build_py):
    """An editable install reads both from the checkout."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file(ROOT / "config.json", str(Path(self.build_lib, "marginalia", "config", "config.json")))
            Path(self.build_lib, COMMIT).write_text(commit())


class SdistWithCommit(sdist):
    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        Path(base_dir, COMMIT).write_text(commit())


def commit() -> str:
    """The checkout's commit, or that from which the sdist was made; "" if it is not known."""
    if (ROOT / COMMIT).exists():
        return (ROOT / COMMIT).read_text()
    if not (ROOT / ".git").exists():
        return ""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


setup(cmdclass={"build_py": BuildWithConfig, "sdist": SdistWithCommit})
