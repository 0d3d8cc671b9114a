# Everything runs in .venv; a second run finds it ready.
PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.ready
# No telemetry, no model hub, no download at run time.
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help demo test test-all setup lock clean vllm vllm-setup

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

# vLLM lives beside the project, reached over HTTP and never imported.
VLLM_STAMP := .venv-vllm/.ready
$(VLLM_STAMP): deploy/vllm/requirements-cpu.txt
	test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/pip install --quiet --disable-pip-version-check -r deploy/vllm/requirements-cpu.txt
	.venv-vllm/bin/pip uninstall --quiet --yes --disable-pip-version-check torchvision torchaudio torchcodec
	touch $@

vllm-setup: $(VLLM_STAMP)  ## Build the serving environment .venv-vllm (CPU) without starting it

vllm: $(VLLM_STAMP)  ## Serve the shipped writer with vLLM on port 8001
	@echo "when it is ready: export RAGMARKET_GENERATION__BASE_URL=http://127.0.0.1:$${PORT:-8001}/v1"
	deploy/vllm/serve

lock:  ## Resolve the dependencies again and pin them with hashes
	$(BIN)/pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --no-header --strip-extras --unsafe-package torch --unsafe-package ragmarket --extra dev -o deploy/requirements.lock pyproject.toml

clean:  ## Remove what was built (not .venv)
	rm -rf .ragmarket build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
