# `make run` serves, `make test` tests: both set up what they need first.

VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-offline lint bench bench-rivals screenshots clean

run: $(VENV)/run
	$(BIN)/mailtrap-lite $(ARGS)

# -X dev without its checks of C code that allocates: ours is Python.
# worksteal gives each worker whole files, and so what they share is set up once.
test: $(VENV)/dev
	.ci/debian-packages
	.ci/rival-suites $(BIN)/python
	PYTHONMALLOC=pymalloc $(BIN)/python -X dev -m pytest -n auto --dist worksteal $(ARGS)

# The same where there is no network but loopback (Linux); ARGS=tests/relay is a part of it.
test-offline: $(VENV)/dev
	PYTHONMALLOC=pymalloc $(BIN)/python tests/network/offline.py \
		$(BIN)/python -X dev -m pytest -n auto --dist worksteal $(ARGS)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# NAME=smtp_latency, for example, is another measurement; `python -m bench` lists them.
NAME := smtp
bench: $(VENV)/dev
	$(BIN)/python -m bench $(NAME) $(ARGS)

# What it compares with, into .bench/; without them their columns are missing.
bench-rivals: $(VENV)/dev
	bench/install-rivals $(BIN)/python

# ARGS='-k inbox' takes those of one view.
screenshots: $(VENV)/dev
	.ci/debian-packages
	$(BIN)/python -m pytest -p no:randomly tests/browser/gallery.py $(ARGS)

# The marks are newer than what they were made of, or are made again.
$(VENV)/run: pyproject.toml
	.ci/virtualenv $(VENV) .
	touch $@

$(VENV)/dev: pyproject.toml
	.ci/virtualenv $(VENV) .[dev]
	touch $@ $(VENV)/run

clean:
	rm -rf $(VENV) .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
