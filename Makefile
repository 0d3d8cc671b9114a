# Everything runs in .venv; a second run finds it ready.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.ready
# No telemetry, no model hub, no download at run time.
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help demo test test-all setup lock clean

help:  ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(STAMP)  ## Create .venv with the locked dependencies

# torch is pinned exactly but kept out of the hash lock: its CPU and CUDA builds share one version and differ in hash.
$(STAMP): deploy/requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r deploy/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(STAMP)  ## Index the demo bank and write drafts in nine languages
	$(BIN)/ragmarket demo

test: $(STAMP)  ## Lint, types, import contracts and all quick tests
	$(BIN)/python -m pytest -m "not slow"

test-all: $(STAMP)  ## All tests, the slower real-server ones too
	$(BIN)/python -m pytest

lock:  ## Resolve the dependencies again and pin them with hashes
	$(BIN)/pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --no-header --strip-extras --unsafe-package torch --unsafe-package ragmarket --extra dev -o deploy/requirements.lock pyproject.toml

clean:  ## Remove what was built (not .venv)
	rm -rf .ragmarket build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
