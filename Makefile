# make book | test | lab | notebooks | chapter | lock | clean; `make help` explains them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHAPTERS := $(wildcard book/*.ipynb)
FRESH := $(if $(filter-out 0 no,$(fresh)),--fresh)

.DEFAULT_GOAL := help
.PHONY: help book test lab notebooks chapter lock clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(READY) ## Build the book in _build/html/ and print the path of its first page
	@$(BIN)/jupyter-book build . --nitpick --warningiserror --keep-going
	@echo "The book is ready: $(CURDIR)/_build/html/index.html"

test: book ## Check everything: code, notebooks, the built pages in a real browser
	$(BIN)/python -m pip check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m bookkit.notebooks --check $(CHAPTERS)
	$(BIN)/python -m embedding_layer.corpus
	EMBEDDING_LAYER_BROWSER="$$($(BIN)/python -m bookkit.browser)" \
		$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --nbval $(CHAPTERS) tests

lab: $(READY) ## Open JupyterLab at the first chapter
	$(BIN)/jupyter lab --ContentsManager.pre_save_hook=bookkit.notebooks.saving.before_saving book/01_one_hot.ipynb

notebooks: $(READY) ## Run all chapters and store their outputs (fresh=1 stores new timings, too)
	$(BIN)/python -m bookkit.notebooks $(FRESH) $(CHAPTERS)

chapter: $(READY) ## Start a new chapter: make chapter number=16 name=compression
	@$(BIN)/python -m bookkit.chapter '$(number)' '$(name)'

lock: $(READY) ## Write requirements.txt anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra fast --universal --python-version 3.11 --upgrade --no-header \
		--output-file requirements.txt

clean: ## Remove the built book and the environment
	rm -rf _build $(VENV)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
		f"This book needs Python 3.11 or newer, and $(PYTHON) is {v[0]}.{v[1]}; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
