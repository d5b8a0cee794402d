SHELL := bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
TOOL := go tool -modfile=.ci/tools/go.mod
.PHONY: help run test race fmt vet lint golden bench build check

help: ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: ## Serve on this machine, data in ./csm-data
	go run ./cmd/csm-server

build: ## Put the three programs into bin/
	go build -trimpath -o bin/ ./cmd/...

test: ## Run all tests
	go test ./...

race: ## Run all tests with the race detector
	go test -race -timeout 30m ./...

golden: ## Run the golden cases and count them
	go test -count=1 -v ./contract-tests/golden | grep -E 'golden:|FAIL|not covered'

bench: ## Run the benchmarks; they inform, they judge nothing
	go test -run '^$$' -bench . -benchmem ./...

fmt: ## Fail where gofmt would change something
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

vet: ## Run go vet
	go vet ./...

lint: fmt vet ## Run every linter
	$(TOOL) staticcheck ./...
	$(TOOL) golangci-lint run ./...

check: lint race ## What is asked of every change
	@echo "check: all is well"
