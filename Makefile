# Each command prepares .venv by itself. On a machine without make, README.md gives the plain commands.
# PYTHON names the Python of .venv, as in make run PYTHON=python3.12. Without it: python3, or the one that .venv has.
PYTHON ?=
CONSTRAINTS ?=
NOTEBOOK ?=
PART ?=
NETWORK ?=
TESTS ?=
SECONDS ?= 600
SEED ?=
ACCEPT ?=
WRITE ?=
PIP_CONSTRAINTS = $(if $(CONSTRAINTS),-c $(CONSTRAINTS))
VENV = .venv$(if $(CONSTRAINTS),-constrained)
BIN = $(VENV)/bin
# One thread for each of the two workers: with two they wait for each other.
ONE_THREAD = OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
# Set for another Python, they would lead .venv to its libraries.
unexport PYTHONHOME PYTHONPATH
TEST_WITH = COURSE_PROFILE=fast COURSE_HEADLESS=1 PYTHONDONTWRITEBYTECODE=1 $(ONE_THREAD)

.PHONY: help run doctor test colab lab front slides report notebooks results verify links bench ranges playground site site-picture \
  test-site lint FORCE

help:                ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s%s\n", $$1, $$2}' Makefile
	@echo "With another Python (3.10 to 3.13): make run PYTHON=python3.12"

# An environment is kept if it starts, lies in its own folder, holds a pip and has the version of PYTHON, where that is given.
SAY_VERSION = print("%d.%d" % sys.version_info[:2])
$(VENV)/pyvenv.cfg .venv-bench/pyvenv.cfg .venv-site/pyvenv.cfg: FORCE
	@has=$$($(@D)/bin/python -c 'import os, sys, pip; os.path.samefile(sys.prefix, "$(@D)") and $(SAY_VERSION)' 2>/dev/null); \
	case "$(PYTHON):$$has" in :3.1[0-3]) exit 0;; esac; \
	python="$(or $(PYTHON),python3)"; found=$$("$$python" -c 'import sys; $(SAY_VERSION)' 2>/dev/null); \
	case "$$found" in 3.1[0-3]) ;; *) \
	  echo "The course needs Python 3.10 to 3.13 and $$python is $${found:-not to be found or does not start}:" \
	    "name another one, for example make run PYTHON=python3.12" >&2; exit 1;; esac; \
	test "$$has" = "$$found" || { echo "$(@D) with Python $$found: some minutes"; "$$python" -m venv --clear $(@D); }

$(VENV)/ready: $(VENV)/pyvenv.cfg requirements.txt $(CONSTRAINTS)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt $(PIP_CONSTRAINTS) || { \
	  echo "The packages were not installed: are you online? README says which machines have no TensorFlow." >&2; exit 1; }
	@touch $(VENV)/ready

run: $(VENV)/ready        ## execute every notebook at full scale (one: make run NOTEBOOK=01)
	$(if $(ACCEPT),COURSE_ACCEPT=1 )$(BIN)/python -m tools.execute run '$(NOTEBOOK)'
	$(BIN)/python -m tools.front

doctor: $(VENV)/ready     ## why do my numbers differ? run a notebook as you saved it: make doctor NOTEBOOK=01
	$(BIN)/python -m tools.doctor $(NOTEBOOK)

test: $(VENV)/ready       ## the helpers, the repository's promises, every notebook in the fast profile
	$(TEST_WITH) $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

colab:                    ## the notebooks, networks and exercises with the versions of a Colab runtime
	$(MAKE) test CONSTRAINTS=requirements-colab.txt TESTS="notebooks tests/test_networks.py tests/test_training.py tests/test_exercises.py"

# tools/lab/ tells JupyterLab to draw Markdown. Of the twins .py and .ipynb its file list shows one.
TWINS = ["__pycache__", "[0-9][0-9]_*.py"]
lab: $(VENV)/ready        ## open JupyterLab on start.md, a page with all lessons
	$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/start.md --LabApp.app_settings_dir=tools/lab --ContentsManager.hide_globs='$(TWINS)'

front: $(VENV)/ready      ## README's first picture from the pictures of the last full run
	$(BIN)/python -m tools.front

slides: .venv-site/ready  ## a deck for each notebook and its presenter's notes, as PDFs in _pdf/ (one: make slides NOTEBOOK=01)
	.venv-site/bin/python -m tools.slides $(NOTEBOOK)

report: .venv-site/ready  ## the two reports of two pages, as PDFs in _pdf/
	.venv-site/bin/python -m tools.report

notebooks: $(VENV)/ready  ## execute the notebooks whose .py has changed, and pair them
	$(BIN)/python -m tools.execute update

results: $(VENV)/ready    ## compute the repeated runs below data/results/ that are not there yet
	$(BIN)/python -m tools.results

verify: $(VENV)/ready     ## compute stored runs again, drawn at random: make verify SECONDS=600 SEED=1
	$(BIN)/python -m tools.verify --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

links: $(VENV)/ready      ## write the repository's address and commit everywhere: make links REPO=owner/name
	$(BIN)/python -m tools.execute links '$(REPO)'

.venv-bench/ready: .venv-bench/pyvenv.cfg tools/bench/requirements.txt
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r tools/bench/requirements.txt
	@touch .venv-bench/ready

bench: $(VENV)/ready .venv-bench/ready  ## speed and memory beside others, on a quiet machine (one part: make bench PART=fit)
	$(BIN)/python -m tools.bench.measure $(PART)

ranges: $(VENV)/ready     ## other seeds and planted faults: where each claim's range comes from, what it catches (write it: WRITE=1)
	$(BIN)/python -m tools.ranges '$(NOTEBOOK)' $(if $(WRITE),--write)

playground: $(VENV)/ready  ## train the networks of site/playground/ again (one: make playground NETWORK=beta-4)
	$(BIN)/python -m tools.playground $(NETWORK)

.venv-site/ready: .venv-site/pyvenv.cfg requirements-site.txt
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-site.txt
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check --no-deps djangocms-katex==1.0.2
	@touch .venv-site/ready

site: .venv-site/ready    ## the course as a website in _site/, which needs no network to be read (Python 3.11 to 3.13)
	.venv-site/bin/python -B site/build.py

site-picture: site        ## README's picture of the website, with a Chromium
	.venv-site/bin/python -B site/picture.py

test-site: .venv-site/ready  ## build the website and read it in a Chromium, offline: links, gates, search, axe
	.venv-site/bin/python -B -m pytest -c site/pytest.ini site/tests

lint: $(VENV)/ready       ## ruff on all Python files
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
