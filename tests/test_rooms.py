"""Imports: which room may see which, no circle, no package where it does not belong; TYPE_CHECKING counts."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import marginalia

from .conftest import ROOT

PACKAGE = ROOT / "marginalia"
GROUND = {"core"}
RECORD = {"record", *GROUND}
# What lies directly in the package and not in a room: `recorded` is what `read` returns, which can draw itself.
TOP = ("__init__", "__main__", "recorded", "draw", "point_images", "progress", "recorder")
MAY_SEE = {
    "core": set(),
    "record": GROUND,
    "config": {"losses", *RECORD},
    "data": RECORD,
    "models": RECORD,
    "losses": RECORD,
    "viz": RECORD,
    "progress": set(),
    "training": {"losses", "models", "data", "config", *RECORD},
    "point_images": {"data", "viz", *RECORD},
    "draw": {"point_images", "data", "config", "viz", *RECORD},
    "callbacks": {"recorder", "viz", *RECORD},
    "recorder": {"callbacks", "training", *RECORD},
    "recorded": {"draw", "data", "config", "viz", *RECORD},
    "faces": {"progress", "training", "losses", "models", "data", "config", "viz", *RECORD},
}
MAY_SEE["sweeps"] = {"point_images", "training", "losses", "models", "data", "config", "viz", *RECORD}
MAY_SEE["papers"] = {"sweeps", "viz", *RECORD}
MAY_SEE["cli"] = {*MAY_SEE}
MAY_SEE["__init__"] = {"recorded", "recorder", "callbacks", "draw", "losses", "config", *RECORD}
MAY_SEE["__main__"] = {"cli"}
MUST_NOT_HAVE = {
    "core": {"torch", "torchvision", "matplotlib", "imageio", "PIL", "click", "sklearn"},
    "record": {"torch", "torchvision", "matplotlib", "imageio", "PIL", "click", "sklearn"},
    "config": {"torch", "torchvision", "matplotlib", "imageio", "PIL", "click", "numpy"},
    "viz": {"torch", "torchvision", "click", "sklearn"},
    "training": {"matplotlib", "imageio", "click"},
    "losses": {"matplotlib", "imageio", "click"},
    "models": {"matplotlib", "imageio", "click"},
    "data": {"torch", "matplotlib", "imageio", "click"},
    "draw": {"torch", "click"},
    "recorded": {"torch", "click"},
    "point_images": {"torch", "click"},
}
LINKS = ("models", "losses", "viz")


def module_of(path: Path) -> str:
    """ "marginalia.viz.page" for its __init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def room_of(module: str) -> str:
    return module.split(".")[1]


def modules() -> dict[str, Path]:
    return {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path: Path, known: set[str]) -> Iterator[str]:
    """Every module that a file imports, wherever in it: a name of one of ours, else that of the package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            around = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join((*around, *filter(None, [node.module])))
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if whole in known else module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
            yield node.value


def arrows() -> dict[str, set[str]]:
    """What each of our modules imports."""
    known = modules()
    found = {name: set(imports(path, set(known))) - {name} for name, path in known.items()}
    return {name: {"marginalia.__init__" if o == "marginalia" else o for o in others} for name, others in found.items()}


def wrong_arrows(graph: dict[str, set[str]]) -> list[str]:
    """Imports of ours that point up or aside, as "marginalia.viz.style -> marginalia.training.loop"."""
    return [
        f"{module} -> {other}"
        for module, others in graph.items()
        for other in sorted(others)
        if other.startswith("marginalia.") and room_of(other) not in {room_of(module), *MAY_SEE[room_of(module)]}
    ]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle, in order; [] if there is none."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph.get(module, ())):
            found = walk(other, [*way, module])
            if found:
                return found
        done.add(module)
        return []

    return next((found for module in graph if (found := walk(module, []))), [])


def test_every_arrow_points_down():
    assert wrong_arrows(arrows()) == []


def test_there_is_no_circle():
    assert circle(arrows()) == []


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("marginalia.viz.style", "marginalia.training.loop"),
        ("marginalia.record.store", "marginalia.config.heads"),
        ("marginalia.core.margin", "marginalia.record.snapshot"),
        ("marginalia.training.loop", "marginalia.viz.style"),
        ("marginalia.losses.head", "marginalia.training.ranks"),
        ("marginalia.viz.frames", "marginalia.recorded"),
    ],
)
def test_an_arrow_that_points_up_would_be_noticed(module, wrong):
    graph = arrows()
    graph[module] = graph[module] | {wrong}
    assert wrong_arrows(graph) == [f"{module} -> {wrong}"]


@pytest.mark.parametrize(
    "line",
    [
        "from ..training import loop",
        "from marginalia import AngleLinear",
        "import marginalia as mg",
        "import marginalia.training.loop",
        "import importlib; importlib.import_module('marginalia.training.loop')",
        "if TYPE_CHECKING:\n    from marginalia.training.loop import train",
        "def late():\n    from marginalia.training import loop",
    ],
)
def test_however_it_is_imported_it_is_seen(line, monkeypatch):
    file = PACKAGE / "viz" / "style.py"
    real = Path.read_text
    changed = f"{real(file, encoding='utf-8')}\n{line}\n"
    monkeypatch.setattr(Path, "read_text", lambda path, **more: changed if path == file else real(path, **more))
    assert len(wrong_arrows(arrows())) == 1


def test_a_circle_would_be_noticed():
    graph = arrows()
    graph["marginalia.viz.geometry"] = graph["marginalia.viz.geometry"] | {"marginalia.viz.frames"}
    assert {"marginalia.viz.geometry", "marginalia.viz.frames"} <= set(circle(graph))


def test_packages_stay_in_their_rooms():
    found = [
        f"{module} imports {other}"
        for module, others in arrows().items()
        for other in sorted(others)
        if other.partition(".")[0] in MUST_NOT_HAVE.get(room_of(module), ())
    ]
    assert found == []


def test_every_room_is_known():
    assert {room_of(module) for module in modules()} == set(MAY_SEE)


def test_nothing_is_imported_through_the_links():
    """`import viz` would make a second `Style` that is not ours."""
    folders = ("marginalia", "tests", "tools", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert [
        f"{path}: {name}" for path in files for name in imports(path, set()) if name.partition(".")[0] in LINKS
    ] == []


def test_importing_marginalia_loads_nothing_heavy():
    code = "import sys, marginalia; print([m for m in ('torch', 'matplotlib', 'numpy', 'click') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there_and_says_what_it_is():
    for name in marginalia.PUBLIC:
        assert inspect.getdoc(getattr(marginalia, name)), name
        assert name in dir(marginalia)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        marginalia.nothing  # noqa: B018


def test_type_checkers_see_the_public_names():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(marginalia.PUBLIC)
