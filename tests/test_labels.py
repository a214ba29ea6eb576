"""Names in pictures: short, different where the names are, in fonts that have their signs."""

from __future__ import annotations

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager

from marginalia.core.names import file_name, natural_key, printable
from marginalia.viz import labels
from marginalia.viz.labels import families, short_names, shown, shown_names, without_font


@pytest.mark.parametrize(
    ("names", "longest", "short"),
    [
        (["cat", "dog"], 11, ["cat", "dog"]),
        (["a long name of a cat", "dog"], 11, ["a long nam…", "dog"]),
        (["character_01_ka", "character_02_kha"], 11, ["chara…01_ka", "char…02_kha"]),
        (["character_01_ka", "character_02_kha"], 3, ["…01", "…02"]),
        (["class_10", "class_11", "class_12"], 7, ["clas…10", "clas…11", "clas…12"]),
        (["CosFace_v1_MiniResnet18", "CosFace_v1_MiniResnet18_seed1"], 16, ["CosFace_v1_Mi…18", "CosFace…18_seed1"]),
        (["character_01", "character_02", "chair_01", "chair_02"], 3, ["…01", "…02", "c…2", "c…3"]),
        (["same", "same"], 3, ["sa…", "sa…"]),
    ],
)
def test_names_that_differ_look_different(names, longest, short):
    assert short_names(names, longest) == short


@given(st.lists(st.text(alphabet="ab1_ é", min_size=1, max_size=14), min_size=1, max_size=40), st.integers(3, 12))
def test_any_names_stay_different_and_short(names, longest):
    short = short_names(names, longest)
    assert max(map(len, short)) <= longest
    assert len(set(short)) == len(set(names))


def test_names_that_are_no_text_become_escapes():
    assert printable("a\x07b\udce9\ufffe\u2028") == "a\\x07b\\udce9\\ufffe\\u2028"
    assert printable("नमस्ते \u200d 中文 é") == "नमस्ते \u200d 中文 é"
    assert file_name("caf\udce9") == "caf\\xe9"
    assert file_name("\ud800") == "\\ud800"
    assert shown("$a$", 9) == r"\$a\$"


def test_numbers_in_names_are_sorted_by_size():
    assert sorted(["10", "9", "a10", "a9", "01", "1", "b", ""], key=natural_key) == [
        "", "01", "1", "9", "10", "a9", "a10", "b"
    ]  # fmt: skip


@pytest.fixture
def only_dejavu(monkeypatch):
    """As on a machine whose only font is matplotlib's own."""
    usual = [font for font in font_manager.fontManager.ttflist if font.name == labels.BASE]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", usual)
    monkeypatch.setattr(labels, "findSystemFonts", list)
    monkeypatch.setattr(labels, "_without_font", set())
    for cached in (labels.other_font, labels.other_fonts):
        cached.cache_clear()
    yield monkeypatch
    for cached in (labels.other_font, labels.other_fonts):
        cached.cache_clear()


def font_with(sign: str, family: str, path) -> str:
    pen = TTGlyphPen(None)
    for point in ((0, 0), (0, 700), (700, 700)):
        (pen.lineTo if point != (0, 0) else pen.moveTo)(point)
    pen.closePath()
    glyph = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "one"])
    builder.setupCharacterMap({ord(sign): "one"})
    builder.setupGlyf({".notdef": glyph, "one": glyph})
    builder.setupHorizontalMetrics({".notdef": (800, 0), "one": (800, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800)
    builder.setupPost()
    builder.save(path)
    return str(path)


def test_an_installed_font_is_found_for_each_sign(only_dejavu, tmp_path):
    """Also one that was installed after matplotlib made its list of fonts."""
    path = font_with("中", "Tiny Han", tmp_path / "han.ttf")
    only_dejavu.setattr(labels, "findSystemFonts", lambda: [path, "/no/such/font.ttf"])
    assert families("abc é") == ["DejaVu Sans"]
    assert families("a中") == ["DejaVu Sans", "Tiny Han"]
    assert shown("a中", 5) == "a中"
    assert without_font() is None


def test_a_script_without_a_font_is_named_once(only_dejavu):
    assert shown_names(["中文", "한국", "cat", "\U0001f408"], 9) == ["□□", "□□", "cat", "□"]
    assert without_font() == (
        "no installed font has the CJK, HANGUL, emoji signs 中文국한\U0001f408: they are drawn as boxes; "
        "install such a font"
    )


def test_a_font_that_was_removed_since_matplotlib_listed_it_is_passed_over(only_dejavu, tmp_path):
    gone = font_manager.FontEntry(fname=str(tmp_path / "gone.ttf"), name="Gone", style="normal", weight=400)
    font_manager.fontManager.ttflist.append(gone)
    path = font_with("中", "Tiny Han", tmp_path / "han.ttf")
    only_dejavu.setattr(labels, "findSystemFonts", lambda: [path])
    assert families("中") == ["DejaVu Sans", "Tiny Han"]
