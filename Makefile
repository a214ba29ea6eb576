PYTHON ?= python3
ARGS ?= --lossname CosFace_v1
BIN := .venv/bin
INSTALLED := .venv/installed-run
INSTALLED_DEV := .venv/installed-dev
INSTALLED_FACES := .venv/installed-faces
INSTALLED_DOCS := .venv/installed-docs
DETECTOR := facenet-pytorch==2.6.0

WASM := marginalia/viz/playground/products
WASM_FLAGS := --target=wasm32 -msimd128 -O3 -ffreestanding -fno-builtin -nostdlib \
	-Wl,--no-entry,--export=__heap_base,--initial-memory=1048576,--strip-all,-z,stack-size=4096

.PHONY: playground wasm run draw faces test check bench torture results records sweeps findings docs clean

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

# Needs clang and lld, and is needed only after a change of products.c: the result is committed.
wasm:
	clang $(WASM_FLAGS) -o $(WASM).wasm $(WASM).c
	printf '// Made by `make wasm` from products.c, SHA-256 %s.\n\nexport const PRODUCTS =\n\t"%s";\n' \
		"$$(sha256sum < $(WASM).c | cut -c 1-64)" "$$(base64 -w 0 $(WASM).wasm)" > $(dir $(WASM))modules/products_wasm.mjs
	rm $(WASM).wasm

bench: $(INSTALLED_DEV)
	$(BIN)/python benchmarks/bench.py $(BENCH)

torture: $(INSTALLED_DEV)
	$(BIN)/python -m tests.torture

results: $(INSTALLED)
	$(BIN)/python -m tools.results $(RESULTS)

records: $(INSTALLED)
	$(BIN)/python -m tools.records $(RECORDS)

# Trains for hours, and goes on after a stop.
sweeps: $(INSTALLED_DEV)
	for file in sweeps/*.json; do name=$$(basename $$file .json); $(BIN)/python -m marginalia sweep $$file \
		&& cp outputs/$$name/results.parquet sweeps/results/$$name.parquet || exit 1; done

findings: $(INSTALLED_DEV)
	$(BIN)/python -m tools.findings

docs: $(INSTALLED_DOCS)
	$(BIN)/mkdocs build --strict

$(INSTALLED): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,video,deck]'
	touch $@

$(INSTALLED_DEV): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,faces]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(DETECTOR)
	touch $(INSTALLED) $(INSTALLED_FACES) $@

$(INSTALLED_FACES): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[faces]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(DETECTOR)
	touch $(INSTALLED) $@

$(INSTALLED_DOCS): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,docs]'
	touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist site *.egg-info
