PYTHON ?= python3
ARGS ?= --lossname CosFace_v1
BIN := .venv/bin
INSTALLED := .venv/installed-run
INSTALLED_DEV := .venv/installed-dev
INSTALLED_FACES := .venv/installed-faces
INSTALLED_DOCS := .venv/installed-docs
DETECTOR := facenet-pytorch==2.6.0

.PHONY: playground run draw faces test check bench torture results records docs clean

run: $(INSTALLED)
	$(BIN)/python main.py $(ARGS)

draw: $(INSTALLED)
	$(BIN)/python create_gif.py $(ARGS)

faces: $(INSTALLED_FACES)

test: $(INSTALLED_DEV)
	$(BIN)/python -m pytest -n 2

check: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

playground: $(INSTALLED)
	$(BIN)/python -m marginalia playground --out docs/playground.html --no-open

bench: $(INSTALLED_DEV)
	$(BIN)/python benchmarks/bench.py $(BENCH)

torture: $(INSTALLED_DEV)
	$(BIN)/python -m tests.torture

results: $(INSTALLED)
	$(BIN)/python -m tools.results $(RESULTS)

records: $(INSTALLED)
	$(BIN)/python -m tools.records $(RECORDS)

docs: $(INSTALLED_DOCS)
	$(BIN)/mkdocs build --strict

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,video,deck]'
	touch $@

$(INSTALLED_DEV): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,faces]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(DETECTOR)
	touch $(INSTALLED) $(INSTALLED_FACES) $@

$(INSTALLED_FACES): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[faces]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(DETECTOR)
	touch $(INSTALLED) $@

$(INSTALLED_DOCS): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,docs]'
	touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist site *.egg-info
