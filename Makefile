# Each command prepares .venv by itself. On a machine without make, README.md gives the plain commands.
PYTHON ?= python3
CONSTRAINTS ?=
NOTEBOOK ?=
PART ?=
TESTS ?=
PIP_CONSTRAINTS = $(if $(CONSTRAINTS),-c $(CONSTRAINTS))
VENV = .venv$(if $(CONSTRAINTS),-constrained)
BIN = $(VENV)/bin
# One thread for each of the two workers: with two they wait for each other.
ONE_THREAD = OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
TEST_WITH = COURSE_PROFILE=fast COURSE_HEADLESS=1 PYTHONDONTWRITEBYTECODE=1 $(ONE_THREAD)

.PHONY: help run test colab lab notebooks results links bench ranges lint

help:                ## show this list
	@grep -E '^[a-z]+: .*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/ready: requirements.txt $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt $(PIP_CONSTRAINTS)
	@touch $(VENV)/ready

run: $(VENV)/ready        ## execute every notebook at full scale (one: make run NOTEBOOK=01)
	$(BIN)/python -m helpers.notebooks run $(NOTEBOOK)

test: $(VENV)/ready       ## the helpers, the repository's promises, every notebook in the fast profile
	$(TEST_WITH) $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

colab:                    ## the notebooks, networks and exercises with the versions of a Colab runtime
	$(MAKE) test CONSTRAINTS=requirements-colab.txt TESTS="notebooks tests/test_models.py tests/test_exercises.py"

lab: $(VENV)/ready        ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks

notebooks: $(VENV)/ready  ## execute the notebooks whose .py has changed, and pair them
	$(BIN)/python -m helpers.notebooks update

results: $(VENV)/ready    ## compute the repeated runs below data/results/ that are not there yet
	$(BIN)/python -m helpers.results

links: $(VENV)/ready      ## write the repository's address everywhere: make links REPO=owner/name
	$(BIN)/python -m helpers.notebooks links $(REPO)

.venv-bench/ready: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch .venv-bench/ready

bench: $(VENV)/ready .venv-bench/ready  ## speed and memory beside others, on a quiet machine (one part: make bench PART=fit)
	$(BIN)/python -m benchmarks.run $(PART)

ranges: $(VENV)/ready     ## run the notebooks from other seeds and disturb the stored runs: where each claim's range comes from
	$(BIN)/python -m benchmarks.ranges $(NOTEBOOK)

lint: $(VENV)/ready       ## ruff on all Python files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
