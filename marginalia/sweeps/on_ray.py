"""Runs on a Ray cluster: each is a task, on whichever node has room for it."""

from __future__ import annotations

import io
import logging
import socket
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marginalia.config.run_config import RunConfig
from marginalia.core.errors import InputError
from marginalia.record.run_files import clear
from marginalia.sweeps.worker import Outcome, recorded

log = logging.getLogger(__name__)
TRIES_AFTER_A_LOST_NODE = 10
ANOTHER_LOOK, PATIENCE = 5.0, 10.0  # seconds


def outcomes_on_ray(
    runs: Mapping[Path, RunConfig], address: str, cpus: float, gpus: float, pages: bool = False
) -> Iterator[Outcome]:
    """How each run ends, in the order in which they end. runs: by their folders on this machine. pages: see `recorded`.

    address: of a cluster, or "auto" for the one that this machine belongs to. cpus, gpus: what a run needs.

    What there is of a run goes to its node and comes back as a whole record, so that nodes need no common disk. If its
    node is lost, it begins again on another one. Raises InputError if there is no Ray or no cluster.
    """
    ray = connected(address)
    if not any(has_room(node["Resources"], cpus, gpus) for node in ray.nodes() if node["Alive"]):
        log.warning("no node has %g cores and %g GPUs; the runs wait for one", cpus, gpus)
    resources = {"num_cpus": cpus, "num_gpus": gpus, "max_retries": TRIES_AFTER_A_LOST_NODE}
    task = ray.remote(**resources)(packed_record)
    under_way = {task.remote(config, packed(folder), pages): folder for folder, config in runs.items()}
    try:
        while under_way:
            done, _ = ray.wait(list(under_way), timeout=ANOTHER_LOOK)
            for reference in done:
                folder = under_way.pop(reference)
                try:
                    outcome, content = ray.get(reference)
                except ray.exceptions.RayError as error:
                    outcome, content = Outcome(runs[folder].name, 0.0, str(error).strip().splitlines()[-1]), b""
                if content:
                    unpack(content, folder)
                yield outcome
    finally:
        for reference in under_way:
            ray.cancel(reference, force=True)
        ray.shutdown()


def connected(address: str) -> Any:
    """The module, connected. Raises InputError if there is no Ray or no cluster."""
    try:
        import ray
    except ImportError:
        raise InputError("--ray needs Ray: pip install 'marginalia-viz[ray]'") from None
    host, _, port = address.rpartition(":")
    try:
        if host and port.isdecimal():  # Ray itself would wait for minutes
            socket.create_connection((host, int(port)), PATIENCE).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(f"--ray {address}: no cluster answers ({reason}); start one with: ray start --head") from None
    return ray


def has_room(node: Mapping[str, float], cpus: float, gpus: float) -> bool:
    return node.get("CPU", 0) >= cpus and node.get("GPU", 0) >= gpus


def packed_record(config: RunConfig, content: bytes, page: bool) -> tuple[Outcome, bytes]:
    """The run trained in a folder of this node, and the files of its record in a tar; none if it failed.

    content: a tar of what there is of it already.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "run")
        unpack(content, folder)
        outcome = recorded(config, folder, page)
        return outcome, b"" if outcome.reason else packed(folder)


def packed(folder: Path) -> bytes:
    """The files of a record in a tar; of a folder that is not there, an empty one."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file() and file.name != ".lock"):
            archive.add(file, file.relative_to(folder).as_posix())
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Puts the record in the place of what there was of it, after all of it has been written beside.

    run.json, which says that the record is complete, comes last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as place:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(place, filter="data")
        clear(folder)
        files = [file for file in Path(place).rglob("*") if file.is_file()]
        for file in sorted(files, key=lambda file: file.name == "run.json"):
            there = folder / file.relative_to(place)
            there.parent.mkdir(exist_ok=True)
            file.replace(there)
