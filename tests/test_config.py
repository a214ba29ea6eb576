"""config.json: what is wrong in it is said in one line that names the place."""

import json
from dataclasses import replace

import pytest

from marginalia.cli.train import run_config
from marginalia.config.config_file import read_config
from marginalia.config.naming import folder_name
from marginalia.core.errors import InputError
from marginalia.core.parsing import nearest
from marginalia.losses.registry import heads

from .conftest import ROOT

CONTENT = json.loads((ROOT / "config.json").read_text())


def changed(path: str, value: object) -> dict:
    """config.json with the entry at "losses/softmax/s" replaced, or removed for KeyError."""
    content = json.loads(json.dumps(CONTENT))
    *way, last = path.split("/")
    place = content
    for step in way:
        place = place[step]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return content


BAD = {
    "unknown section": ("extra", {}, "unknown key 'extra'"),
    "unknown key": ("training/epoch", 3, "unknown key 'epoch'; did you mean epochs?"),
    "missing key": ("losses/softmax/m2", KeyError, "losses: softmax: the key 'm2' is missing"),
    "missing section": ("model", KeyError, "the key 'model' is missing"),
    "string for a boolean": (
        "losses/softmax/w_norm",
        "False",
        'not "False"; write false without quotes',
    ),
    "number for a boolean": ("losses/softmax/x_norm", 1, "x_norm must be true or false, not 1"),
    "boolean for a number": ("losses/softmax/s", True, "s must be a number, not true"),
    "string for a number": ("training/epochs", "20", "epochs must be a number"),
    "fraction for a whole number": ("training/batch_size", 2.5, "batch_size must be a whole number"),
    "scale of zero": ("losses/softmax/s", 0, "s must be greater than 0"),
    "m1 below one": ("losses/softmax/m1", 0.9, "m1 must be at least 1"),
    "not a number": ("losses/softmax/m3", float("nan"), "m3 must be a finite number"),
    "infinite": ("losses/softmax/s", float("inf"), "s must be a finite number"),
    "no epochs": ("training/epochs", 0, "epochs must be at least 0.01"),
    "negative rate": ("optimizers/sgd/lr", -0.1, "lr must be greater than 0"),
    "unknown optimiser": ("training/optimizer", "adam", "optimizer must be one of adamw, sgd"),
    "no losses": ("losses", {}, "losses is empty"),
    "a list for a section": ("data", [], "data must be a JSON object"),
    "null for a row": ("losses/softmax", None, "softmax must be a JSON object"),
    "unknown key in quick": ("quick/epoch", 1, "quick: unknown key 'epoch'"),
    "unknown key in a recipe": ("losses/softmax/recipe", {"begin": 1}, "softmax: recipe: unknown key 'begin'"),
    "bad value in a recipe": ("losses/softmax/recipe", {"start": "odd"}, "start must be one of random, even"),
    "data set in a recipe": ("losses/softmax/recipe", {"dataset": "kmnist"}, "'dataset' is the same for all losses"),
    "too many pictures": ("training/snapshots", 101, "snapshots must be at most 100"),
    "endless": ("training/epochs", 10**9, "epochs must be at most"),
    "seed beyond torch": ("training/seed", 2**64, "seed must be at most"),
    "huge number": ("losses/softmax/s", 10**400, "s must be a finite number"),
    "huge whole number": ("training/seed", 10**400, "far too large"),
    "bad points": ("data/train_points", "some", "train_points must be one of all"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named(tmp_path, case):
    path, value, complaint = BAD[case]
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed(path, value)))
    with pytest.raises(InputError) as caught:
        read_config(file)
    assert complaint in str(caught.value)
    assert "config.json" in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"data": }', "\ufeff{}", "[" * 100_000, "[" + "9" * 5000 + "]"]
)
def test_not_json(tmp_path, content):
    file = tmp_path / "config.json"
    file.write_text(content)
    with pytest.raises(InputError, match=r"config\.json"):
        read_config(file)


def test_a_new_row_is_a_new_loss(tmp_path):
    row = {"w_norm": True, "x_norm": True, "s": 8, "m1": 1, "m2": 0.1, "m3": 0.05}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(changed("losses/mine", row)))
    assert read_config(file).margin("mine").m3 == 0.05


def test_the_presets_are_those_of_the_table(config_file):
    table = {
        "softmax": (False, False, 1, 1, 0, 0),
        "L-softmax_v1": (False, False, 1, 2, 0, 0),
        "L-softmax_v2": (False, False, 1, 3, 0, 0),
        "A-softmax_v1": (True, False, 1, 2, 0, 0),
        "A-softmax_v2": (True, False, 1, 3, 0, 0),
        "norm-softmax": (True, True, 1, 1, 0, 0),
        "CosFace_v1": (True, True, 4, 1, 0, 0.1),
        "CosFace_v2": (True, True, 4, 1, 0, 0.2),
        "ArcFace_v1": (True, True, 4, 1, 0.1, 0),
        "ArcFace_v2": (True, True, 4, 1, 0.2, 0),
        "ArcFace_v3": (True, True, 4, 1, 0.3, 0),
    }
    margins = config_file.margins()
    assert {name: tuple(vars(spec).values()) for name, spec in margins.items()} == table


def test_every_head_has_a_row(config_file):
    rows = {row["head"] for row in config_file.rows.values() if "head" in row}
    assert {*rows, "pml"} == set(heads())


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"head": "Magface", "s": 4}, "did you mean MagFace"),
        ({"head": 3}, "unknown head 3"),
        ({"head": "UniFace", "s": 4}, "the key 'm' is missing"),
        ({"head": "UniFace", "s": 4, "m": 0.1, "t": 1}, "unknown key 't'"),
        ({"head": "center", "weight": 1, "alpha": 2}, "alpha must be a finite number up to 1"),
    ],
)
def test_rows_of_further_heads(tmp_path, row, part):
    content = json.loads((ROOT / "config.json").read_text())
    content["losses"]["mine"] = row
    file = tmp_path / "config.json"
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=part):
        read_config(file).loss("mine")


def test_nearest_names():
    assert "CosFace_v1" in nearest("cosface", ["softmax", "CosFace_v1"])
    assert nearest("zzz", ["softmax"]) == "known are softmax"


@pytest.mark.parametrize("name", ["../../etc", "/abs", "..", "a/b", "<script>", "", "-rf"])
def test_folder_names_stay_inside(name):
    assert "/" not in folder_name(name)
    assert not folder_name(name).startswith((".", "-"))


def test_a_row_can_have_a_rate_of_its_own(tmp_path, config_file):
    """Of the recipe's own optimiser; what the command line says goes before it."""
    content = json.loads((ROOT / "config.json").read_text())
    content["losses"]["softmax"]["recipe"] = {"lr": 0.0007, "batch_size": 32}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(content))
    file = read_config(path)

    def rate(lossname: str, **given: object) -> float:
        return run_config(file, lossname, given, quick=False).optimizer.lr

    assert rate("softmax") == 0.0007
    assert rate("CosFace_v1") == config_file.optimizers["adamw"].lr
    assert rate("softmax", lr=0.01) == 0.01
    assert rate("softmax", optimizer="sgd") == config_file.optimizers["sgd"].lr
    content["losses"]["softmax"]["recipe"] = {"lr": 0}
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="softmax: recipe: lr must be greater than 0"):
        read_config(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"CosFace_v2":', '"CosFace_v1":', r'line 48: "CosFace_v1" stands in line 47 already'),
        ('"seed": 0,', '"seed": 0, "seed": 1,', r'line 19: "seed" stands in line 19 already'),
        (
            '"s": 4, "m1": 1, "m2": 0.2',
            '"s": 64, "s": 4, "m1": 1, "m2": 0.2',
            r'line 50: "s" stands in line 50 already',
        ),
        ('"quick": {', '"model": {', r'line 31: "model" stands in line 10 already'),
        ('"m": 0.6', '"m": 0.6, "\\u006d": 0.5', r'"m" stands in line'),
        ('"seed": 0,', '"seed": 0, "seed"\n:\n1,', r'line 19: "seed" stands in line 19 already'),
    ],
)
def test_a_key_given_twice_is_named_with_its_line(tmp_path, old, new, message):
    text = (ROOT / "config.json").read_text()
    assert text.count(old) == 1
    (tmp_path / "config.json").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_config(tmp_path / "config.json")


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_read(tmp_path, config_file, coding):
    (tmp_path / "config.json").write_text((ROOT / "config.json").read_text(), encoding=coding)
    read = read_config(tmp_path / "config.json")
    assert replace(read, where=config_file.where) == config_file


@pytest.mark.parametrize("name", ["\\ud800", "a\\u0007", "\\u2028"])
def test_a_loss_whose_name_is_no_text_is_refused(tmp_path, name):
    text = (ROOT / "config.json").read_text().replace('"CosFace_v2"', f'"{name}"')
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match="is no name of 1 to"):
        read_config(tmp_path / "config.json")


@pytest.mark.parametrize("spelling", ["pics", "./pics", "pics/", "pics//", "././pics/."])
def test_a_folder_is_one_data_set_however_it_is_spelt(config_file, spelling):
    given = {"dataset": f"folder:{spelling}"}
    assert run_config(config_file, "softmax", given, False) == run_config(
        config_file, "softmax", {"dataset": "folder:pics"}, False
    )


def test_the_home_folder_is_found_within_a_word(config_file, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert (
        run_config(config_file, "softmax", {"dataset": "folder:~/pics"}, False).data.dataset == "folder:/home/me/pics"
    )


def test_the_name_of_a_folder_fits_a_file_system():
    assert len(folder_name("中" * 200).encode()) <= 120
    assert folder_name("中" * 200) != folder_name("中" * 201)


def test_a_way_through_a_link_stays_what_it_is(config_file):
    """Behind a link, `..` is another folder than the one that holds the link."""
    config = run_config(config_file, "softmax", {"dataset": "folder:link/../pics"}, False)
    assert config.data.dataset == "folder:link/../pics"


def test_the_home_folder_of_a_user_who_is_not_there(config_file):
    config = run_config(config_file, "softmax", {"dataset": "folder:~nobody-at-all/pics"}, False)
    assert config.data.dataset == "folder:~nobody-at-all/pics"


NAMES = {
    "softmax": {},
    "CosFace_v1_seed1": {"seed": 1},
    "CosFace_v1_m3-0.15_epochs5_seed1_lr0.01": {"m3": 0.15, "lr": 0.01, "epochs": 5, "seed": 1},
    "softmax_sgd": {"optimizer": "sgd"},
    "softmax_batch128_fp32_start-even": {"batch_size": 128, "precision": "fp32", "start": "even"},
    "softmax_snapshots4_train-points-all_test-points100": {
        "snapshots": 4, "train_points": "all", "test_points": 100,
    },
    "CosFace_v1_lambda5_lambda-decay0.2": {"m2": 0.0, "lambda_start": 5.0, "lambda_decay": 0.2},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_whatever_decides_numbers_is_in_the_name(config_file, name):
    lossname = name.split("_")[0] if name.startswith("softmax") else "CosFace_v1"
    given = NAMES[name] | ({"m2": 0.1} if "lambda" in name else {})
    expected = name.replace("CosFace_v1_lambda", "CosFace_v1_m2-0.1_lambda")
    assert run_config(config_file, lossname, given, quick=False).name == expected


def test_what_is_as_it_was_is_not_in_the_name(config_file):
    given = {"seed": 0, "epochs": 12, "lr": 0.002, "device": "cpu", "data_dir": "elsewhere"}
    assert run_config(config_file, "softmax", given, quick=False).name == "softmax"
    assert run_config(config_file, "softmax", {"seed": 3, "epochs": 0.5}, quick=True).name == "softmax_seed3_quick"


def test_the_recipe_of_a_loss_holds_in_a_quick_run_too(config_file):
    assert "lr" in config_file.recipes["SphereFace2"]
    file = replace(config_file, quick=config_file.quick | {"lr": 0.004})
    assert run_config(file, "softmax", {}, quick=True).optimizer.lr == 0.004
    assert run_config(file, "SphereFace2", {}, quick=True).optimizer.lr == config_file.recipes["SphereFace2"]["lr"]


def test_whole_epochs_are_whole_numbers_however_they_are_written(config_file):
    """So that 20 and 20.0 are the same run."""
    epochs = [run_config(config_file, "softmax", {"epochs": epochs}, quick=False) for epochs in (5, 5.0)]
    assert epochs[0] == epochs[1]
    assert isinstance(epochs[1].training.epochs, int)
    assert epochs[1].name == "softmax_epochs5"
    assert run_config(config_file, "softmax", {"epochs": 0.5}, quick=False).name == "softmax_epochs0.5"
