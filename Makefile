GO      ?= go
TOOLS   := .ci/tools
TOOL     = $(GO) tool -modfile=$(TOOLS)/go.mod

.DEFAULT_GOAL := help
.PHONY: help run demo build test race golden quality bench lint format check

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

run: ## Run the server on its embedded default
	$(GO) run ./cmd/csm-server

demo: ## Run the server with a living example organisation
	$(GO) run ./cmd/csm-server --demo

build: ## Build the three programs into bin/
	$(GO) build -trimpath -o bin/ ./cmd/...

test: ## Run all tests
	$(GO) test ./...

# SQLite is C translated to Go, with its own locks: watched, it takes twice the time and shows nothing of ours.
race: ## Run all tests under the race detector
	$(GO) test -race -gcflags='modernc.org/...=-race=false' -timeout 30m ./...

golden: ## Run the golden cases; CSM_GOLDEN_DIR names another folder of them
	$(GO) test -count=1 -v ./contract-tests/golden

quality: ## Score the core on labelled conversations; CSM_QUALITY_DIR names their folder
	$(GO) test -count=1 -v -timeout 30m ./contract-tests/quality

bench: ## Measure speed, each figure against its yardstick in the same run
	$(GO) run ./app/bench

lint: ## Vet, staticcheck and golangci-lint
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) golangci-lint run ./...

format: ## Format all code
	gofmt -w $$(git ls-files '*.go')

check: ## All that must hold before a change lands: format, lint, tests under race
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(MAKE) lint
	$(MAKE) race
