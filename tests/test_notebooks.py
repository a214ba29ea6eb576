"""The notebooks run from top to bottom in an empty kernel, and their export to HTML shows the pages."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from .conftest import ROOT
from .waiting import LONGEST_WAIT, wait_until

nbformat, nbclient, nbconvert = map(pytest.importorskip, ("nbformat", "nbclient", "nbconvert"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALL = {
    "2-record-your-own-training": "EPOCHS, TRAINING_IMAGES, PROBE_IMAGES = 1, 640, 300",
    "3-bring-embeddings": "STEPS = 2",
}
LARGEST_PAGE = 3 << 20


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
def test_a_notebook_runs_from_an_empty_kernel(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source = SMALL[path.stem]
    client = nbclient.NotebookClient(notebook, timeout=LONGEST_WAIT, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", ()) if "data" in output]
    assert sum("image/png" in data for data in shown) >= 3
    assert sum("<iframe" in data.get("text/html", "") for data in shown) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_with_its_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    assert not [output for output in outputs if output.output_type == "error"]
    (page,) = (
        data for data in (output.get("data", {}) for output in outputs) if "<iframe" in data.get("text/html", "")
    )
    assert len(page["text/html"]) <= LARGEST_PAGE and "image/png" in page
    assert str(Path.home()) not in path.read_text() and str(ROOT) not in path.read_text()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_export_shows_the_page_in_the_browser(tmp_path, new_tab, width):
    content, _ = nbconvert.HTMLExporter(embed_images=True).from_filename(str(NOTEBOOKS[1]))
    path = tmp_path / "notebook.html"
    path.write_text(content)
    page = new_tab(viewport={"width": width, "height": 900})
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    frame = page.frame_locator("iframe")
    frame.locator("#time").wait_for()
    wait_until(lambda: "epoch" in frame.locator("#epoch").inner_text())
    pixels = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
    wait_until(lambda: frame.locator("canvas").nth(1).evaluate(f"{pixels}.some(Boolean)"))
    assert page.locator("iframe").bounding_box()["width"] <= width


def test_no_notebook_names_a_folder_of_the_machine():
    for path in NOTEBOOKS:
        found = re.findall(r"/(?:home|root|tmp|work)/[\w./-]+", html.unescape(path.read_text()))
        assert not found, (path.name, found[:3])
    assert len(NOTEBOOKS) == 3
