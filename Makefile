# Chartcode: every command a person needs. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
UV := .venvs/uv/bin/uv
DATA ?= ../shared/data
NOTES ?= 50000
STACK ?= chartcode
CASES ?= 6500
# What the Glue job that codes notes imports (template.yaml, CodeNotesJob).
GLUE_MODULES := onnxruntime tokenizers rapidfuzz snowballstemmer pydantic
# The CPU build where the package index offers one; on a GPU machine set TORCH to what it needs.
TORCH ?= torch==2.13.0

export PYTHONPATH := $(CURDIR)/layers/coder:$(CURDIR)/functions:$(CURDIR)
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0
export MLFLOW_DISABLE_TELEMETRY := true

SYNC = UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venvs/$* $(UV) sync --frozen --quiet --python $(PYTHON) --only-group $*

##@ The main job
.PHONY: run demo
run: setup ## Start the local cloud, code the sample notes, show the table, stay up (Ctrl-C stops all)
	@exec .venv/bin/python -m local.run

demo: setup ## The same, then stop: exit code 0 only if every step was right
	@.venv/bin/python -m local.run --once

##@ Tests
.PHONY: test lint types test-unit test-glue test-local test-e2e test-browser test-training
test: setup lint types test-unit test-glue test-local test-e2e ## Lint, types, unit, integration and end-to-end on the local cloud

lint: setup ## ruff, sam validate --lint and cfn-lint with the rules for serverless applications
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	AWS_DEFAULT_REGION=us-east-1 .venvs/cli/bin/sam validate --lint
	.venvs/cli/bin/cfn-lint --append-rules cfn_lint_serverless.rules --template template.yaml

types: setup ## mypy strict on chartcode
	.venv/bin/mypy

test-unit: setup ## Unit tests (no network), a little fuzzing, and the transformed template
	.venv/bin/pytest tests/unit tests/fuzz tests/infrastructure

test-glue: setup ## The Glue jobs on a local Spark
	.venvs/spark/bin/python -m pytest tests/glue

test-local: setup ## One test for each gap of the emulator that local/ bridges
	.venv/bin/pytest tests/local

test-e2e: setup ## The deployed template on the local cloud
	.venv/bin/pytest tests/e2e

test-browser: setup ## A coder's journeys through the workbench, in Chromium, on the local cloud
	.venv/bin/pytest tests/browser

test-training: setup-training ## The training stack (torch, XGBoost, MLflow) in its own environment
	.venvs/training/bin/python -m pytest training/tests

##@ Documentation
.PHONY: screenshots hipaa-doc
hipaa-doc: setup ## Write docs/hipaa.md from the tests of the template
	.venv/bin/python -m tests.infrastructure.hipaa_doc

screenshots: setup ## Take the pictures of the workbench in docs/images, on the local cloud, with Chromium
	.venv/bin/python -m local.screenshots

##@ Model
.PHONY: corpus train train-synthetic train-encoder rollback evaluate bench baselines
train: setup-training ## Retrain and register the model (DATA=folder with the labelled notes)
	.venvs/training/bin/python -m training.train --data $(DATA)

train-synthetic: setup-training ## Train without CodiEsp's labels and measure, to see what they bring (nothing is shipped)
	.venvs/training/bin/python -m training.train --data $(DATA) --no-codiesp --work .local/training-synthetic \
	  --output .local/synthetic/artefact --store .local/synthetic/mlflow

train-encoder: setup-training ## Tune the encoder on ICD-10-CM terms and export it (then make train)
	.venvs/training/bin/python -m training.train_encoder

corpus: setup setup-training ## Split and describe a large synthetic corpus with PySpark: make corpus NOTES=50000
	.venvs/training/bin/python -m training.synthetic --notes $(NOTES) --output .local/corpus/notes.jsonl
	PATH="$(CURDIR)/.venvs/spark/bin:$$PATH" spark-submit --properties-file local/spark/spark-defaults.conf training/corpus.py \
	  .local/corpus/notes.jsonl --output .local/corpus

baselines: setup-training ## The classic design and TF-IDF on the same notes, for comparison (DATA=folder)
	.venvs/training/bin/python -m training.baseline_classic --data $(DATA)

bench: setup-training ## Latency, cold start, memory and throughput, beside PyTorch eager and XGBoost
	OPENBLAS_NUM_THREADS=1 .venvs/training/bin/python -m training.bench

rollback: setup ## Ship an earlier model again: make rollback VERSION=2026.11.24-1041, then commit and deploy
	.venv/bin/python -m training.rollback $(VERSION)

evaluate: setup ## Figures on the development sets in DATA
	.venv/bin/chartcode evaluate $(DATA)/codiesp_dev.jsonl --level entities
	.venv/bin/chartcode evaluate $(DATA)/aci_icd_dev.jsonl --level codes
	.venv/bin/chartcode evaluate $(DATA)/doid_phrases_dev.jsonl --level phrases

##@ Cloud
.PHONY: layers openapi invoke deploy glue-code glue-wheels redrive run-again
layers: setup ## Build the Lambda layers for the Lambda target and check them against the 250 MB limit
	.venv/bin/python -m layers.build

openapi: setup ## Write docs/openapi.json from the API's code
	.venv/bin/python -m api.openapi

invoke: setup ## Run one sample event under AWS's Runtime Interface Emulator: make invoke EVENT=events/api_code_note.json
	.venv/bin/python -m local.invoke $(EVENT)

deploy: setup ## Build and deploy to your AWS account (guided)
	PATH="$(CURDIR)/.venvs/uv/bin:$$PATH" .venvs/cli/bin/sam build
	.venvs/cli/bin/sam deploy --guided
	@echo "Now upload what the Glue jobs import: make glue-code BUCKET=<ResultsBucketName of the outputs above>"

glue-code: setup ## Upload what the Glue jobs import: make glue-code BUCKET=<results bucket>
	.venv/bin/python glue/upload.py $(BUCKET)

##@ Security and operations
.PHONY: chaos fuzz cost scan audit audit-trail sbom images deploy-to workbench-code deidentification
deidentification: setup ## Recall and precision of de-identification on the made-up notes of the tests
	.venv/bin/pytest -s tests/unit/chartcode/test_deidentification.py -k recall

audit-trail: setup ## Who asked for what of which note: make audit-trail NOTE=visit-1 (SINCE=2026-11-01 CODE=E11.9 WHO= ARGS=--json)
	@.venv/bin/python -m local.audit_trail --stack $(STACK) $(call option,note,$(NOTE)) $(call option,since,$(SINCE)) \
	  $(call option,until,$(UNTIL)) $(call option,code,$(CODE)) $(call option,who,$(WHO)) $(ARGS)

option = $(if $(2),--$(1) '$(2)')

chaos: setup ## Make things fail on the local cloud, and account for every note (ARGS="--quick", ARGS="--only burst --files 300")
	@.venv/bin/python -m local.chaos $(ARGS)

fuzz: setup ## 100,000 odd notes, files and requests (CASES of each of the targets)
	FUZZ_CASES=$(CASES) .venv/bin/pytest -q tests/fuzz

cost: setup ## What 1,000 notes cost on AWS, beside Comprehend Medical (ARGS="--json --notes-per-file 1")
	@.venv/bin/python -m local.cost $(ARGS)

# Not scanned for secrets: hashes of packages and of the artefact, and pictures.
SCANNED = -- . ':!uv.lock' ':!.secrets.baseline' ':!layers/model/artefact' ':!docs/images'
scan: setup .venvs/scan/.synced ## Lint Dockerfiles, workflows, compose file; checkov on the templates; detect-secrets on every file
	.venvs/cli/bin/hadolint frontend/Dockerfile functions/Dockerfile local/Dockerfile
	.venvs/cli/bin/zizmor --offline --quiet .github
	.venvs/cli/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venvs/cli/bin/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	.venvs/cli/bin/check-jsonschema --builtin-schema vendor.compose-spec local/compose.yaml
	.venvs/cli/bin/cfn-lint frontend/hosting.yaml
	.venvs/scan/bin/checkov --file template.yaml frontend/hosting.yaml --framework cloudformation --compact --quiet --skip-download
	git ls-files --cached --others --exclude-standard -z $(SCANNED) | \
	  xargs -0 .venvs/cli/bin/detect-secrets-hook --baseline .secrets.baseline

audit: setup ## Known vulnerabilities of what is deployed (OFFLINE=1: pass where their database cannot be reached)
	@.venv/bin/python -m local.audit

sbom: | $(UV) ## Bill of materials of the Lambda layer, CycloneDX: .build/sbom.json
	@mkdir -p .build
	$(UV) export --frozen --quiet --preview-features sbom-export --format cyclonedx1.5 $(RUNTIME) --output-file .build/sbom.json

images: ## Build the container images (needs Docker)
	docker build --file frontend/Dockerfile --tag chartcode-workbench .
	docker build --file local/Dockerfile --tag chartcode-api .
	docker build --file functions/Dockerfile --tag chartcode-functions .

deploy-to: setup ## Build and deploy to a stage of samconfig.toml without questions: make deploy-to STAGE=dev
	PATH="$(CURDIR)/.venvs/uv/bin:$$PATH" .venvs/cli/bin/sam build
	.venvs/cli/bin/sam deploy --config-env $(STAGE) --no-confirm-changeset --no-fail-on-empty-changeset
	.venv/bin/python -m local.deployed $(STAGE)

workbench-code: setup ## Upload what the workbench's EC2 instance runs: make workbench-code BUCKET=<results bucket>
	.venv/bin/python frontend/upload.py $(BUCKET)

glue-wheels: setup ## For Network=isolated, upload the packages of the Glue job that codes notes: make glue-wheels BUCKET=<results bucket>
	rm -rf .build/wheels && mkdir -p .build/wheels
	.venvs/uv/bin/pip download --quiet --disable-pip-version-check --only-binary=:all: --python-version 3.11 \
	  --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --dest .build/wheels $(GLUE_MODULES)
	cd .build/wheels && $(CURDIR)/.venv/bin/python -m zipfile --create ../modules.gluewheels.zip *.whl
	.venvs/cli/bin/aws s3 cp .build/modules.gluewheels.zip s3://$(BUCKET)/code/modules.gluewheels.zip

redrive: setup ## Move uploads from the dead-letter queue back to work: make redrive STACK=chartcode
	.venvs/cli/bin/aws sqs start-message-move-task --source-arn $(call output,DeadLetterQueueArn) \
	  --destination-arn $(call output,UploadQueueArn)

run-again: setup ## Code a failed batch again, under its id: make run-again BATCH=batch-... STACK=chartcode
	machine=$(call output,StateMachineArn); aws=.venvs/cli/bin/aws; \
	order=$$($$aws stepfunctions describe-execution --output text --query input \
	  --execution-arn "$${machine/:stateMachine:/:execution:}:$(BATCH)"); \
	$$aws stepfunctions start-execution --state-machine-arn "$$machine" --name "$(BATCH)-again-$$(date +%s)" --input "$$order"

output = "$$(.venvs/cli/bin/aws cloudformation describe-stacks --stack-name $(STACK) --output text \
  --query "Stacks[0].Outputs[?OutputKey=='$(1)'].OutputValue")"

##@ Environments
.PHONY: setup setup-training lock format clean preflight
setup: preflight .venv/.synced $(foreach name,emulator functions spark cli,.venvs/$(name)/.synced) ## Install what run and test need (no torch)

setup-training: preflight .venv/.synced .venvs/training/.synced ## Install the training stack

preflight:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "Chartcode needs Python 3.11 (found: $$("$(PYTHON)" --version 2>&1)). Install it, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@java -version 2>&1 | grep -qE 'version "(17|21)' || { \
	  echo "Chartcode needs Java 17 for Spark (found: $$(java -version 2>&1 | head -n 1)). Install a Java 17 runtime, for example: apt-get install openjdk-17-jre-headless" >&2; exit 1; }

$(UV):
	@echo "Installing uv $(UV_VERSION)"
	@"$(PYTHON)" -m venv .venvs/uv && .venvs/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@echo "Installing the development environment (.venv)"
	@$(UV) sync --frozen --quiet --python "$(PYTHON)"
	@touch $@

.venvs/training/.synced: uv.lock | $(UV)
	@echo "Installing the training environment, with $(TORCH)"
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venvs/training $(UV) sync --frozen --quiet --inexact --python "$(PYTHON)" --only-group training
	@.venvs/uv/bin/pip --python .venvs/training/bin/python install --quiet --no-deps $(TORCH)
	@touch $@

.venvs/%/.synced: uv.lock | $(UV)
	@echo "Installing the $* environment (.venvs/$*)"
	@$(SYNC)
	@touch $@

# Lambda has boto3; tokenizers needs huggingface-hub to download only, onnxruntime needs protobuf for training only.
RUNTIME = --only-group runtime --prune botocore --prune huggingface-hub --prune protobuf --prune flatbuffers
EXPORT_RUNTIME = $(UV) export --frozen --quiet $(RUNTIME) --no-hashes --no-emit-project --no-header --no-annotate

lock: | $(UV) ## Resolve pyproject.toml into uv.lock, and export the runtime layer's requirements
	$(UV) lock
	$(EXPORT_RUNTIME) --output-file layers/runtime/requirements.txt

format: setup ## Format the code
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## Remove environments, builds and local state
	rm -rf .venv .venvs .build .aws-sam .local .mlflow

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  \033[36m%-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
