"""How the modules of the page become one script, and their own tests under Node."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from marginalia.viz.page.script import FOLDER, imports, ordered, script

from .conftest import ROOT
from .waiting import LONGEST_WAIT

NODE = shutil.which("node")


@pytest.fixture
def assemble(tmp_path):
    def call(**modules: str) -> str:
        for name, source in modules.items():
            (tmp_path / f"{name}.mjs").write_text(source)
        return script(tmp_path)

    return call


def test_imports_come_first_and_once(assemble):
    made = assemble(
        main='import { a } from "./left.mjs";\nimport {\n\tb,\n\tc,\n} from "./right.mjs";\n\na(b, c);\n',
        left='import { b } from "./right.mjs";\n\nexport function a() {\n\treturn b;\n}\n',
        right="export const b = 1;\nexport const c = 2;\n",
        unused="export const d = 3;\n",
    )
    right, left = "const b = 1;\nconst c = 2;\n", "function a() {\n\treturn b;\n}\n"
    assert made == "\n".join(['"use strict";\n', right, left, "a(b, c);\n"])


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (
            {"main": 'import { a } from "./x.mjs";\n', "x": 'import { b } from "./y.mjs";\nexport const a = b;\n',
             "y": 'import { a } from "./x.mjs";\nexport const b = a;\n'},
            "modules import each other: x.mjs -> y.mjs -> x.mjs",
        ),
        ({"main": 'import { a } from "./x.mjs";\nconst half = 2;\n', "x": "const half = 1;\nexport const a = half;\n"},
         "x.mjs and main.mjs both define half"),
        ({"main": 'import { a } from "./x.mjs";\n'}, "main.mjs imports x.mjs, which is not there"),
        ({"main": 'import { a, b } from "./x.mjs";\n', "x": "export const a = 1;\nconst b = 2;\n"},
         "main.mjs imports b, which x.mjs does not export"),
        ({"main": 'import x from "./x.mjs";\n'}, 'a form other than `import { … } from "./…"` or `export …`: import x'),
        ({"main": "export default 1;\n"}, "a form other than"),
        ({"main": "const [a, b] = [1, 2];\n"}, "main.mjs defines several names at once at its top level"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused(assemble, modules, said):
    with pytest.raises(ValueError) as refused:
        assemble(**modules)
    assert said in str(refused.value)


def test_every_module_is_in_the_page_and_stays_readable():
    modules = {path.name: path.read_text() for path in FOLDER.glob("*.mjs")}
    assert sorted(ordered(FOLDER, "main.mjs")) == sorted(modules)
    for name, source in modules.items():
        assert source.count("\n") <= 200, name
        assert not [line for line in source.expandtabs(2).splitlines() if len(line) > 120], name
        unused = {word for names in imports(source).values() for word in names if source.count(word) < 2}
        assert not unused, (name, unused)


@pytest.mark.skipif(NODE is None, reason="there is no node: apt-get install nodejs")
def test_the_modules_pass_their_own_tests():
    tests = sorted(map(str, (ROOT / "tests" / "page_modules").glob("*.test.mjs")))
    assert tests
    done = subprocess.run(
        [NODE, "--test", *tests], capture_output=True, text=True, encoding="utf-8", timeout=LONGEST_WAIT
    )
    assert done.returncode == 0, done.stdout + done.stderr
