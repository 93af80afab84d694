# The few words people type. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
# JupyterLab refuses to start as root (a container, say) unless told that it is meant.
LAB_FLAGS ?= $(if $(filter 0,$(shell id -u)),--allow-root)
PATIENTS ?= 8
WORKERS ?= 2

.PHONY: help lab app test test-graders quick lint types course cohort bench book clean
help:
	@echo "make lab     set up everything, make the cohort, build the notebooks, open JupyterLab"
	@echo "make app     set up and open the live demo: upload, segment, enlarge"
	@echo "make test    set up everything, run all tests (ten minutes on two cores; WORKERS=4 uses four)"
	@echo "make quick   run the tests that are neither slow nor need a browser; make test-graders those of the checks"
	@echo "make lint    check style and format; make types checks the types of the library"
	@echo "make course  build the notebooks from solutions/*.py"
	@echo "make bench   print every published figure"
	@echo "make book    the course as HTML pages, build/book/index.html"

lab: .venv/teach.done cohort course
	$(BIN)/jupyter lab --ServerApp.root_dir=course $(LAB_FLAGS)

app: .venv/app.done
	$(BIN)/python -m demo

cohort: .venv/teach.done
	$(BIN)/python -m brainlab.synth.phantom $(PATIENTS)

course: .venv/teach.done
	$(BIN)/python -m courseware build

# tests/conftest.py divides the tests among the workers.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS)

test: .venv/test.done .venv/classic lint
	$(PYTEST)

quick: .venv/test.done
	$(PYTEST) -m "not slow and not browser"

test-graders: .venv/test.done
	$(PYTEST) tests/grading_tests tests/courseware/test_mutants.py

lint: .venv/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test.done
	$(BIN)/mypy

bench: .venv/test.done
	@for command in benchmarks/*.py; do echo "== $$command"; $(BIN)/python $$command || exit 1; done

book: .venv/docs.done
	$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees docs build/book

clean:
	rm -rf .venv build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11: try make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "no venv module: on Debian, sudo apt install python3-venv"; exit 1; }

.venv/teach.done: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[teach]'
	@touch $@

.venv/app.done: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[app]'
	@touch $@

.venv/test.done: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[teach,test]'
	@touch $@

.venv/docs.done: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

# A classic notebook with the ipywidgets of Colab, for one test in a browser; it is skipped where this cannot be had.
.venv/classic: .venv/bin/python tests/browser/classic.txt
	@rm -rf $@; $(BIN)/python -m venv $@ && $@/bin/python -m pip install -q --disable-pip-version-check \
		--only-binary :all: -r tests/browser/classic.txt && touch $@ || \
		{ rm -rf $@; echo "no classic notebook can be made here: its test will be skipped"; }
