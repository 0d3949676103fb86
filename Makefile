# What each target needs it makes first, from any state: a fresh clone, an interrupted installation, an interrupted
# build. A stamp is written only after its work is done. Nothing needs the network after the first time.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

bin := node_modules/.bin
deps := node_modules/.installed
dist := dist/.built
sources := $(shell find sdk provider cli local-kms/src -type f 2>/dev/null) schema.json package.json tsconfig.json tsconfig.build.json \
	local-kms/package.json local-kms/tsconfig.build.json

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" read -r target says; do printf '  %-12s %s\n' "$$target" "$$says"; done

.PHONY: quickstart
quickstart: $(dist) engine-ready ## show it all on this machine: a local KMS, the real pulumi, nothing in any cloud
	@$(bin)/tsx tools/quickstart/main.ts

.PHONY: check
check: lint test-unit ## check format, lint rules and types, and run the unit tests: less than a minute

.PHONY: test
test: $(dist) engine-ready clients-ready hsm-ready ## run the whole suite: unit, contract, e2e on the real engine, compat
	@# By itself: what other files leave in a worker's heap, and what it holds, are more than Node allows.
	@$(bin)/mocha --no-parallel '$(exhaustive)'
	@# What takes long first: it would leave one of the two workers idle at the end.
	@$(bin)/mocha --ignore '$(exhaustive)' 'test/{e2e,soak}/**/*.test.ts' 'test/{provider,compat,permissions}/**/*.test.ts' \
		'test/!(e2e|soak|provider|compat|permissions)/**/*.test.ts' 'test/*.test.ts' 'local-kms/test/**/*.test.ts'

exhaustive := test/provider/lifecycle/exhaustive.test.ts

.PHONY: test-unit
test-unit: $(deps) ## run the unit tests: they start no process and no server, and need neither dist/ nor the engine
	@$(bin)/mocha 'test/{provider,sdk}/**/*.test.ts' --ignore 'test/**/*.contract.test.ts' --ignore '$(lives)'
# Whole lives of a stack: drawn, struck by every fault, walked.
lives := test/provider/{model,faultMatrix,lifecycle/exhaustive}.test.ts

.PHONY: test-node
test-node: $(dist) hsm-ready ## run what may depend on the version of Node and needs neither the engine nor Python
	@$(bin)/mocha '{test,local-kms/test}/**/*.test.ts' --ignore 'test/{e2e,engine,compat,soak,permissions}/**' --ignore '$(lives)' \
		--ignore 'test/provider/{lifecycle,resources}/contract/**' --ignore 'test/cli/{status,sweep}*' \
		--ignore 'test/security/{state/oldKeystoreCopy,state/stateWriter,supplyChain}.test.ts' \
		--ignore 'local-kms/test/examples/{awsCli,boto3,go,terraform}.test.ts'

.PHONY: test-e2e
test-e2e: $(dist) engine-ready hsm-ready ## run the tests on the real engine
	@$(bin)/mocha 'test/e2e/**/*.test.ts' 'test/engine/**/*.test.ts' 'test/soak/**/*.test.ts'

.PHONY: test-compat
test-compat: $(dist) engine-ready clients-ready ## run the tests against a third-party KMS and with independent clients
	@$(bin)/mocha 'test/compat/**/*.test.ts'

.PHONY: test-strict
test-strict: $(dist) engine-ready ## run whole lives of a stack against the local KMS as strict as AWS: credentials, IAM, quotas, eventual consistency, delays (STRICT="'test/e2e/*.test.ts'")
	@LOCAL_KMS_PROFILE=aws $(bin)/mocha $(or $(STRICT),test/e2e/lifeCycle.test.ts test/provider/model.test.ts test/provider/faultMatrix.test.ts)

# Not those of secrecy, whose credentials are others each time, nor those of the tests' own tools.
strict_e2e := test/e2e/!(secrecy|support)/**/*,test/e2e/*
.PHONY: test-local-kms
test-local-kms: $(dist) ## run the tests of the local KMS
	@$(bin)/mocha 'local-kms/test/**/*.test.ts'

.PHONY: soak
soak: $(dist) engine-ready ## random operations on the real engine: 200 sequences (SEQUENCES=200, SEED=1000), of which the suite runs one
	@SOAK_SEQUENCES=$(SEQUENCES) SOAK_SEED=$(SEED) $(bin)/mocha test/soak/soak.test.ts
SEQUENCES ?= 200
SEED ?= 1000

.PHONY: nightly
nightly: $(dist) engine-ready ## what the suite runs a part of: random sequences for ten minutes each (SECONDS_EACH=600), every fault at every call, the large worlds, the e2e tests against the strict local KMS, 200 sequences on the real engine
	@PROPERTY_SECONDS=$(SECONDS_EACH) FAULTS=all EXHAUSTIVE=nightly $(bin)/mocha local-kms/test/durability/property.test.ts '$(lives)'
	@FAULTS=all $(MAKE) test-strict STRICT="'{$(strict_e2e),test/provider/model,test/provider/faultMatrix}.test.ts'"
	@$(MAKE) soak
SECONDS_EACH ?= 600

# Terraform is measured too where it is on PATH and KEYMGMT_TF_MIRROR names a filesystem mirror with hashicorp/aws.
.PHONY: bench bench-small bench-large
bench: $(dist) engine-ready ## measure what 100 keys cost, as ratios to the least that Pulumi costs; pacing, start-up; write docs/performance.md
	@$(bin)/tsx bench/main.ts

bench-small: $(dist) engine-ready ## the same with 10 keys, and nothing written: fails where a ratio misses its goal by more than a quarter
	@$(bin)/tsx bench/main.ts --small

bench-large: $(dist) engine-ready ## 1,000 keys under AWS's default quotas, in real time: about 20 minutes (LARGE="--replicas 2 --kill 300")
	@$(bin)/tsx bench/large.ts $(LARGE)

.PHONY: lint
lint: types ## check format, lint rules and types
	@$(bin)/biome check --error-on-warnings .

.PHONY: types
types: $(deps) ## check types only
	@$(bin)/tsc -p tsconfig.json

.PHONY: build
build: $(dist) ## compile the packages into dist/ and local-kms/dist/

.PHONY: schema
schema: engine-ready ## hold schema.json against Pulumi's own schema binder
	@PATH="$$(node tools/engine/main.mjs 2>/dev/null | tail -n 1):$$PATH" PULUMI_SKIP_UPDATE_CHECK=true pulumi schema check schema.json --color never

.PHONY: generate
generate: $(deps) ## write what is generated from schema.json: sdk/generated, provider/schema/types.ts, docs/reference.md
	@$(bin)/tsx tools/generate/main.ts

.PHONY: docs
docs: generate ## write that, the picture, and what of docs/ is made from the permissions, the key types and the tests
	@$(bin)/tsx tools/permissions.ts
	@$(bin)/tsx tools/keyTypes.ts
	@$(bin)/tsx tools/picture.ts
	@$(bin)/tsx local-kms/tools/fidelity/main.ts

.PHONY: previews
previews: $(dist) engine-ready ## write docs/previews.md again, from what the real pulumi prints
	@$(bin)/tsx tools/previews/main.ts

.PHONY: coverage
coverage: engine-ready clients-ready hsm-ready ## run the whole suite and report what of the source it reaches
	@# Built with source maps, which the packages do not have: the next build is another.
	@rm -f $(dist)
	@$(MAKE) build TSC_FLAGS="--sourceMap --inlineSources"
	@# c8 loses what mocha's parallel workers reach.
	@$(bin)/c8 --src sdk --src provider --src local-kms/src --src cli --reporter text --reporter html $(bin)/mocha --no-parallel '{test,local-kms/test}/**/*.test.ts'; \
		status=$$?; rm -f $(dist); exit $$status

.PHONY: mutants
mutants: $(deps) ## break the provider in one way at a time and see whether the tests notice (ONLY="life-claim kms-wk"; test/mutants/README.md)
	@$(bin)/tsx test/mutants/run.ts $(ONLY)

.PHONY: engine
engine: ## find, fetch or build pulumi; the last line printed is the folder to put on PATH
	@node tools/engine/main.mjs

.PHONY: sbom
sbom: ## write sbom.cdx.json: every package of the lock file as a CycloneDX document, those of development marked
	npm sbom --sbom-format cyclonedx --package-lock-only > sbom.cdx.json

.PHONY: clean
clean: ## remove what was built and installed in this folder; the cache of tools stays
	rm -rf dist local-kms/dist coverage node_modules

.PHONY: engine-ready clients-ready hsm-ready
engine-ready:
	@node tools/engine/main.mjs >/dev/null

# Without Python its tests are skipped, and say so.
clients-ready:
	@node tools/clients/main.mjs >/dev/null || test $$? -eq 2

# Where SoftHSM can be neither found nor installed, or its addon not compiled, its tests are skipped, and say so.
hsm-ready:
	@node tools/hsm/main.mjs >/dev/null || test $$? -eq 2

# `npm ci` removes node_modules first, and the stamp with it. A stamp without the compiler is of a damaged installation.
$(shell test -x $(bin)/tsc || rm -f $(deps))
$(deps): package-lock.json
	npm ci --prefer-offline
	@touch $@

$(dist): $(deps) $(sources)
	@rm -rf dist local-kms/dist # what no source is compiled to any more would be published
	$(bin)/tsc -p tsconfig.build.json $(TSC_FLAGS)
	$(bin)/tsc -p local-kms/tsconfig.build.json $(TSC_FLAGS)
	@touch $@
