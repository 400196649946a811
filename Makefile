# Each target sets up what it needs: a virtual environment in .venv, from Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL_DIR ?= search_results/digits

.PHONY: search test lint protos docs dist clean

# A real search on handwritten digits: two trainers, 20 trials, then the leaderboard and the best model.
search: $(VENV)/installed
	$(BIN)/model_search train --spec=dnn --dataset=digits --test_fraction=0.2 --train_steps=500 \
	  --max_trials=20 --num_trainers=2 --model_dir=$(MODEL_DIR)
	$(BIN)/model_search export --model_dir=$(MODEL_DIR) --output=$(MODEL_DIR)/best.keras

# Two processes, each with whole files: TensorFlow starts once in each.
test: $(VENV)/installed-dev
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

# Formatting, lint rules, and types of the installed package.
lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	rm -rf build/installed build/lib
	$(BIN)/pip install --quiet --no-deps --target build/installed .
	cd build && MYPYPATH=installed ../$(BIN)/mypy --config-file ../pyproject.toml -p model_search

# Renews the generated protocol buffer code.
protos: $(VENV)/installed-dev
	$(BIN)/python proto/generate.py

# Renews the table of blocks.
docs: $(VENV)/installed-dev
	$(BIN)/python docs/generate_blocks.py

# Source archive and wheel, in dist/.
dist: $(VENV)/installed-dev
	$(BIN)/pip install --quiet build
	$(BIN)/python -m build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml setup.py
	$(BIN)/pip install --quiet -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
