# make run     set up the environment, then run the workflow with the default config, and make its report
# make test    set up the environment if it is missing, then run the tests
# make lint    format, lint and type checks
# make config  write config.yaml and the JSON Schemas again, from workflow_scripts/_config_model.py and the types of files
# make docs    build the site from docs/ into site/, with warnings as errors
# make links   ask for every address outside that a page links to; this needs a network
# make setup   only the environment: uv and a .venv in this folder, with the versions of requirements.txt
# make pins    resolve requirements.txt from pyproject.toml, keeping what still fits; UPGRADE=1 takes the newest
#
# Another Python, or a uv of your own:  make setup PYTHON=/path/to/python3.12 UV=/path/to/uv

UV_VERSION := 0.13.9
UV := $(shell command -v uv || echo .uv/bin/uv)
OWN_UV := $(if $(filter .uv/bin/uv,$(UV)),.uv/$(UV_VERSION))
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
ENVIRONMENT := .venv/.installed
SITE := site
ACTIVE := PATH="$(CURDIR)/.venv/bin:$$PATH"

.PHONY: help run test lint config docs links setup pins
help:
	@sed -n 's/^# \(make \)/\1/p' Makefile

# Snakemake runs no onsuccess where nothing is to be done; the summary is shown all the same.
run: $(ENVIRONMENT)
	@touch .venv/.started; $(ACTIVE) snakemake --cores all
	@results="$$($(ACTIVE) python -c 'from workflow_scripts._defaults import completed; print(completed()["outdir"])')"; \
	if test -e "$$results/summary.txt" && ! test "$$results/summary.txt" -nt .venv/.started; then \
	  echo "Nothing has changed; $$results/summary.txt says:"; cat "$$results/summary.txt"; fi; \
	if ! test "$$results/report.html" -nt "$$results/summary.txt"; then \
	  echo "Making the report"; \
	  $(ACTIVE) snakemake --report "$$results/report.html" > .venv/.report 2>&1 || { cat .venv/.report >&2; exit 1; }; fi; \
	echo "Figures, tables, config and run times on one page; open it in a browser: $$results/report.html"

test: $(ENVIRONMENT)
	@$(ACTIVE) python -m pytest

lint: $(ENVIRONMENT)
	@$(ACTIVE) ruff check
	@$(ACTIVE) ruff format --check
	@$(ACTIVE) snakefmt --check Snakefile rules
	@$(ACTIVE) snakemake --lint
	@$(ACTIVE) mypy

config: $(ENVIRONMENT)
	@$(ACTIVE) python -m workflow_scripts._config_schema
	@$(ACTIVE) python -m fsnas.artifacts.json_schemas

docs: $(ENVIRONMENT)
	@$(ACTIVE) sphinx-build -q -W --keep-going -c docs -b html . $(SITE)
	@echo "Open it in a browser: $(SITE)/index.html"

links: $(ENVIRONMENT)
	@$(ACTIVE) sphinx-build -q -c docs -b linkcheck . .venv/.links

setup: $(ENVIRONMENT)
	@echo "The environment is ready. To use it: . .venv/bin/activate"

pins: | $(OWN_UV)
	@"$(UV)" pip compile --quiet --universal --extra dev --no-annotate $(if $(UPGRADE),--upgrade) \
	  --no-emit-package colorama --no-emit-package pyreadline3 --custom-compile-command "make pins" \
	  --output-file requirements.txt pyproject.toml

# Sets $$python to the first interpreter that fits, outside any virtual environment, or stops with one line.
define FIND_PYTHON
for name in $(PYTHONS); do \
  python=$$("$$name" -c 'import sys; print(sys._base_executable if (3, 11) <= sys.version_info < (3, 14) else "")' \
    2>/dev/null) && test -x "$$python" && break; \
  python=; \
done; \
if test -z "$$python"; then \
  found=$$(set -- $(PYTHONS); "$$1" --version 2>/dev/null || echo none); \
  echo "fsnas needs Python 3.11, 3.12 or 3.13 (found: $$found): install one, then type: make setup PYTHON=/path/to/python3.12" >&2; \
  exit 1; \
fi
endef

# A virtual environment is tied to its folder and to its Python: one that was moved or copied here, or whose Python is
# gone, or whose set-up was interrupted, is made again.
ifneq ($(shell .venv/bin/python -V >/dev/null 2>&1 && cat $(ENVIRONMENT) 2>/dev/null),$(CURDIR))
$(shell rm -f $(ENVIRONMENT))
endif

$(ENVIRONMENT): requirements.txt pyproject.toml | $(OWN_UV)
	@test -e $@ || { $(FIND_PYTHON); rm -rf .venv; "$(UV)" venv --quiet --python "$$python" .venv; }
	@echo "Installing the packages of requirements.txt into .venv (PyTorch with CUDA: 3 GB to download the first time)"
	@rm -f $@
	@export VIRTUAL_ENV="$(CURDIR)/.venv"; quiet=$$(test -t 2 || echo --quiet); \
	{ "$(UV)" pip sync $$quiet --compile-bytecode requirements.txt \
	  && "$(UV)" pip install $$quiet --no-deps --no-build-isolation --editable .; } \
	|| { echo "The packages could not be installed: check the network and the space on the disk, then type: make setup" >&2; exit 1; }
	@echo "$(CURDIR)" > $@

.uv/$(UV_VERSION):
	@$(FIND_PYTHON); \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$$python has no venv module: type: apt install $$(basename "$$python")-venv" >&2; exit 1; }; \
	echo "Bringing uv $(UV_VERSION) into .uv"; \
	rm -rf .uv; mkdir .uv; \
	{ "$$python" -m venv .uv && .uv/bin/pip install --retries 2 uv==$(UV_VERSION); } > .uv/log 2>&1 \
	|| { echo "uv cannot be fetched from PyPI (why: .uv/log): check the network, then type: make setup" >&2; exit 1; }
	@touch $@
