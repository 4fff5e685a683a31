# `make up` is all that a fresh machine needs: packages and the Pulumi engine are fetched, or built, on the way.

STACK ?= dev
# Settings for this run only, such as: make up SET="foundation.network.nat=perZone foundation.cluster.version=1.34"
SET ?=
# Of `make preview` and `make up`: 1 holds the stack to the rules of policy/; a path, to those of another pack.
POLICY ?=
# Of `make report`: a commit, branch or tag to compare with; nothing where it is empty.
AGAINST ?=
# Suites of `make test` and `make test-real`; all where it is empty.
SUITES ?=

# Of `make smoke`: some pieces, by commas, such as mlflow,models; and outputs in a file, in place of asking Pulumi.
ONLY ?=
OUTPUTS ?=

# First of the ports that `make demo` uses; as before, or 18000, where it is empty.
FIRST_PORT ?=

# Of `make sweep`: 1 deletes what is listed; without it nothing is. With it, DATA=1 deletes file systems, volumes, snapshots and images too, and
# DESTROYED=1 says that the stack was destroyed where no state does.
YES ?=
DATA ?=
DESTROYED ?=

# Of `make images`: what builds (docker, podman or buildah), for which machines, and where to push; nowhere where PUSH is empty.
BUILDER ?= docker
PLATFORM ?= linux/amd64
PUSH ?=
# As `foundation.images.tag`, by default this program's version.
TAG ?= $(shell node -p 'require("./package.json").version')

# Of `make requirements`: the version that workloads/requirements/uv.txt names.
UV ?= uv

# Of `make wheel`: a Python of 3.11 or newer with pip.
PYTHON ?= python3

wheels = mlplatform training-template drift model-server
own_images = model-server release drift notebook training
folder_of_notebook = notebooks
folder_of_training = training-template
image_name = $(if $(PUSH),$(PUSH)/)$(1):$(TAG)

sim = node_modules/.bin/tsx simulator/cli.ts
settings = $(foreach setting,$(SET),--set '$(setting)')
# The pack of this repository is told what the stack's settings say; another has a configuration of its own.
own_policy = $(filter 1,$(POLICY))
policy_config = out/$(STACK)-policy.json
policy = $(if $(POLICY),--policy $(if $(own_policy),--policy-config $(policy_config),$(POLICY)))
run = $(sim) $(1) --stack $(STACK) $(settings) $(policy)

.PHONY: drill-restore drill-upgrade own-images cluster smoke sweep up preview refresh destroy report demo demo-stop images wheel requirements install node-version test test-real test-all bench help
.DEFAULT_GOAL := help

help:
	@echo 'make up [STACK=dev]        build the stack on the simulated cloud, with Pulumi'"'"'s own engine'
	@echo 'make preview [STACK=dev]   show what `make up` would change [POLICY=1: and which rules it breaks]'
	@echo 'make refresh [STACK=dev]   read back what the simulated account holds'
	@echo 'make destroy [STACK=dev]   remove everything the stack made'
	@echo 'make report [AGAINST=main]  what the stack costs, risks and allows, as a page, before anything is made'
	@echo 'make cluster               a cluster of your own in kind, for Pulumi.local.yaml or STACK=...; needs Docker, kind, kubectl and helm'
	@echo 'make smoke STACK=...       use a platform that runs as people do, and say what does not work [ONLY=mlflow,models]'
	@echo 'make sweep STACK=...       what outlived a stack that was destroyed on AWS, with its price [YES=1 deletes it, DATA=1 its data too]'
	@echo 'make demo                  Airflow, MLflow, JupyterHub, Prometheus and a model, as processes of this machine'
	@echo 'make demo-stop             end them'
	@echo 'make images [PUSH=...]     build the platform'"'"'s own images, and push them to that registry'
	@echo 'make wheel                 build the command mlplatform, and what it trains and serves with, into out/wheels/'
	@echo 'make requirements          hashes of the Python packages that workloads/requirements names'
	@echo 'make test [SUITES=...]     the program and all TypeScript; the last line counts the tests'
	@echo 'make test-real [SUITES=...] what runs servers and Python: Airflow, MLflow, JupyterHub, the model server, the demo'
	@echo 'make test-all              both'
	@echo 'make drill-restore         wipe a real registry and bring it back, by the commands of docs/backup.md'
	@echo 'make drill-upgrade         MLflow on databases of its two versions before, brought to that of this program and back'
	@echo 'make bench                 time and memory against a flat program'
	@echo 'SET="path=value ..." changes settings for one run. All but `make cluster`, `make smoke` and `make sweep` is simulated; the real thing is `npx pulumi up -s dev`.'

up preview refresh destroy: install
	@$(if $(own_policy),mkdir -p out && node_modules/.bin/tsx report/policyConfigCli.ts --stack $(STACK) $(settings) >$(policy_config) &&) $(call run,$@)

report: install
	@node_modules/.bin/tsx report/cli.ts --stack $(STACK) $(if $(AGAINST),--against '$(AGAINST)') $(settings)

cluster: install
	@node_modules/.bin/tsx cluster/cli.ts$(if $(filter file,$(origin STACK)),, --stack $(STACK))

smoke: install
	@node_modules/.bin/tsx smoke/cli.ts --stack $(STACK) $(if $(ONLY),--only $(ONLY)) $(if $(OUTPUTS),--outputs $(OUTPUTS))

sweep: install
	@node_modules/.bin/tsx sweep/cli.ts --stack $(STACK) $(if $(YES),--yes) $(if $(DATA),--data) $(if $(DESTROYED),--destroyed)

demo: install
	@node_modules/.bin/tsx demo/cli.ts up $(if $(FIRST_PORT),--first-port $(FIRST_PORT))

demo-stop: install
	@node_modules/.bin/tsx demo/cli.ts stop

own-images:
	@echo $(own_images)

images: $(addprefix image-,$(own_images))

image-%:
	$(BUILDER) build --platform $(PLATFORM) --file workloads/$(or $(folder_of_$*),$*)/Dockerfile --tag $(call image_name,$*) workloads
	$(if $(PUSH),$(BUILDER) push $(call image_name,$*))

# Of a copy: a build leaves metadata beside its sources, and Python finds them there.
wheel:
	rm -rf out/wheels out/wheel-sources
	mkdir -p out/wheel-sources
	for name in $(wheels); do mkdir out/wheel-sources/$$name && cp -R workloads/$$name/pyproject.toml workloads/$$name/src out/wheel-sources/$$name; done
	$(PYTHON) -m pip wheel --quiet --no-deps --wheel-dir out/wheels $(addprefix out/wheel-sources/,$(wheels))
	rm -rf out/wheel-sources
	@ls out/wheels/*.whl

# Every file names all its packages, so nothing is resolved; comments on top stay. The oldest Python that has all of them.
requirements:
	cd workloads/requirements && for file in *.txt; do \
	  { grep '^#' $$file; $(UV) pip compile --quiet --no-deps --universal --generate-hashes --no-annotate --no-header --python-version 3.11.5 $$file; } >$$file.new \
	  && mv $$file.new $$file || exit 1; done

test: install
	@node_modules/.bin/tsx test/run.ts $(SUITES)

test-real: install
	@node_modules/.bin/tsx test/run.ts --real $(SUITES)

drill-restore: install
	@node_modules/.bin/tsx test/run.ts --real restore

drill-upgrade: install
	@node_modules/.bin/tsx test/run.ts --real olderDatabases

test-all: install
	@node_modules/.bin/tsx test/run.ts --quick --real $(SUITES)

bench: install
	@node_modules/.bin/tsx bench/run.ts

install: node-version node_modules/.package-lock.json

# Before each run: another Node may be on the PATH than the one that installed the packages.
node-version:
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); if (major < 20 || (major === 20 && minor < 19)) { console.error("Node 20.19 or newer is needed, this is " + process.version + " (https://nodejs.org)."); process.exit(1); }'

# npm writes this file last, so it is the stamp of a complete installation of package-lock.json.
node_modules/.package-lock.json: package-lock.json | node-version
	npm ci
	@touch $@
