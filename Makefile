# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# The commands of a checkout. Each installs what it needs into .venv first; Python >= 3.11 and make are enough.
#   make test       all tests and checks          make test-fast   types, style and unit tests only
#   make lint       all checks, no tests          make demo        the role against the lab
#   make bench      the benchmarks                make lab         the lab, until Ctrl-C
#   make rehearse PARTNERS=my.yml      your own partner list against the lab; QUALIFIED=file for the answers of your tenant,
#                                      LATENCY=seconds for what a request takes
#   make judges     second opinions on the lab's mail servers: installs posttls-finger and sslyze, and compares
#   make fuzz       atheris on the parsers of foreign bytes: a minute for each; ARGS="--only NAME --seconds N"
#   make docs       generated pages, then the check of all pages; PICTURE=1 photographs the report anew, with Chromium
#   make docs-site  the documentation as a site, .cache/docs-site/html/index.html
#   make publish-check   the tarball: Galaxy's importer, every ansible-core, ansible-test's tests, the oldest libraries
#   make format     repairs what ruff can repair  make lock        new requirements, pinned with their hashes
#   make clean      back to a fresh checkout
# VERBOSE=1 shows the output of every step; ARGS=... goes to demo, bench and fuzz;
# PYTHON=/path/to/python chooses the interpreter of .venv.

BIN := .venv/bin
READY := .venv/.ready
LINK := .cache/collections/ansible_collections/mailflow/exchange_online
COLLECTION := ansible_collections.mailflow.exchange_online
STEP := @tests/tools/step.sh
MOLECULE_WORKERS ?= 2

export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
# Nothing is written to, or taken from, the home directory of whoever runs this.
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export MOLECULE_EPHEMERAL_DIRECTORY_ROOT := $(CURDIR)/.cache/molecule
# Ansible refuses to start without an UTF-8 locale.
export LC_ALL := C.UTF-8

.DEFAULT_GOAL := help
.PHONY: help setup test test-fast format lint demo bench rehearse judges fuzz docs docs-site lab lock clean \
	lint-style lint-types lint-ansible lint-docs lint-licences lint-sanity test-unit test-pytest test-molecule \
	publish-check check-importer check-cores test-tarball test-oldest

help:
	@sed -n 's/^#   //p' Makefile

setup: $(READY) $(LINK)

$(READY): requirements-dev.txt
	@tests/tools/venv.sh

# The working tree under the name that Ansible looks for.
$(LINK):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@

test: lint test-pytest test-molecule

# What ruff can put right by itself.
format: setup
	@ruff check --quiet --fix --exit-zero .
	@ruff format --quiet .

test-fast: lint-style lint-types test-unit

lint: lint-style lint-types lint-licences lint-docs lint-ansible lint-sanity

lint-style: setup
	$(STEP) "ruff: style" ruff check --quiet .
	$(STEP) "ruff: format" ruff format --check .

lint-types: setup
	$(STEP) "mypy: plugins" mypy
	$(STEP) "mypy: lab" mypy --python-version 3.11 --package $(COLLECTION).tests.lab

lint-licences: setup
	$(STEP) "reuse: licences" reuse lint --lines

# Twice where it fails: it works in a directory with a random name, and takes one that ends with an underscore, one of 37,
# for a reference of reStructuredText. What is really wrong is wrong the second time as well.
LINT_DOCS := antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all --check-extra-docs-refs .
DOCS_SITE := env PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.docs_site
lint-docs: setup
	$(STEP) "antsibull-changelog: fragments" antsibull-changelog lint
	$(STEP) "antsibull-docs: documentation" env HOME=$(CURDIR)/.cache sh -c '$(LINT_DOCS) || $(LINT_DOCS)'
	$(STEP) "docs site: build and links" $(DOCS_SITE)

lint-ansible: setup
	$(STEP) "yamllint" yamllint --strict .
	$(STEP) "ansible-lint" ansible-lint -q --nocolor

lint-sanity: setup
	$(STEP) "ansible-test sanity" tests/tools/ansible-test.sh sanity --local

test-unit: setup
	@echo "== pytest: unit tests"
# Several wait for a time-out: more workers than processors.
	@$(BIN)/python -m pytest --no-header -n 4 --dist worksteal tests/unit

test-pytest: setup
	@echo "== pytest: unit, lab and integration tests"
	@rm -f .cache/second-opinion.txt
	@$(BIN)/python -m pytest --no-header -n 2 --dist worksteal --durations=15; status=$$?; \
		echo "== second opinions on the lab's mail servers"; cat .cache/second-opinion.txt; exit $$status

test-molecule: setup
	$(STEP) "molecule: scenarios" molecule test --all --workers $(MOLECULE_WORKERS)

# What else is to be seen to before a release. It takes too long for every change.
publish-check: check-importer check-cores test-tarball test-oldest

check-importer: setup
	$(STEP) "galaxy-importer" tests/tools/importer.sh

check-cores: setup
	@for core in $$(tests/tools/cores.sh --list | cut -d ' ' -f 1); do \
		tests/tools/step.sh "ansible-test sanity of the tarball, ansible-core $$core" \
			tests/tools/ansible-test.sh --core $$core --tarball sanity --local || exit; \
	done

# What ansible-test needs to be told, or it takes Pythons without the tests' libraries.
OURS := --local --python $$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
test-tarball: setup
	$(STEP) "ansible-test units of the tarball" \
		tests/tools/ansible-test.sh --tarball units $(OURS) tests/unit/plugins/
	$(STEP) "ansible-test integration of the tarball" tests/tools/ansible-test.sh --tarball integration $(OURS)

# The lab's world comes along, and it is not the oldest of its libraries that is tested: hence not every test. And of an
# argument's value as it stands, only Ansible from 2.19 on asks.
OLDEST := tests/unit/plugins $(addprefix tests/integration/test_,contracts.py probe.py readings.py rights.py validation.py)
test-oldest: setup
	@echo "== pytest: with the oldest libraries"
	@tests/tools/environment.sh oldest
	@.cache/tools/oldest/bin/python -m pytest --no-header -n 2 --dist worksteal $(OLDEST) \
		--ignore tests/unit/plugins/plugin_utils/test_standing.py

demo: setup
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.demo $(ARGS)

bench: setup
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.bench $(ARGS)

rehearse: setup
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.rehearsal \
		--partners "$(PARTNERS)" --qualified "$(QUALIFIED)" --latency "$(LATENCY)"

judges: setup
	@tests/tools/judges.sh
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.judges

fuzz: setup
	@tests/tools/fuzz.sh
	@PYTHONPATH=.cache/collections .cache/fuzz/venv/bin/python -m $(COLLECTION).tests.fuzz $(ARGS)

lab: setup
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.lab

# The probe's table of findings, and the lab's own account of which of its answers are recorded, documented or assumed;
# then the check of all pages.
docs: setup
	@echo "== docs/docsite/rst/partner_ready.rst"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.guide
	@echo "== docs/docsite/rst/forced_tls_message.rst"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.message_guide
	@echo "== docs/findings.md"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.findings > .cache/findings.md
	@mv .cache/findings.md docs/findings.md
	@echo "== docs/lab-evidence.md"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.lab --evidence > .cache/lab-evidence.md
	@mv .cache/lab-evidence.md docs/lab-evidence.md
	@echo "== docs/docsite/rst: onboard_partner, day_by_day, migrate"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.onboard_guide $(if $(PICTURE),--picture)
	@echo "== docs/docsite/rst/least_rights.rst"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.rights
	@echo "== docs/docsite/rst/forced_tls_variables.rst"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.variables
	@echo "== docs/docsite/rst: first_run, plans, consent, validation, report, errors, sign_in"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.daily_guides
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.errors
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.sign_in
	@echo "== docs/docsite/rst: architecture, forced_tls, findings, lab_evidence"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.markdown_pages
	@echo "== docs/docsite/rst/promises.rst"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.promises
	@echo "== docs/docsite/rst/fault_matrix.rst"
	@PYTHONPATH=.cache/collections $(BIN)/python -m $(COLLECTION).tests.tools.fault_page
	@$(MAKE) --no-print-directory lint-docs

docs-site: setup
	@$(DOCS_SITE)

# Pins that are there stay; "make lock UPGRADE=1" takes the newest of everything.
lock: setup
	@tests/tools/lock.sh $(if $(UPGRADE),--upgrade)

clean:
	@rm -rf .cache .venv .ansible dist
