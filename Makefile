# build, test and demo need Go and git, nothing else. check is what CI runs on
# top; it also needs a C compiler (for the race detector), sshd, Node with npm and
# systemd-analyze, and fails where one is missing.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 20s
SOAKTIME ?= 10m
LAGSEEDS ?= 40

tools := bin/golangci-lint bin/staticcheck bin/gofumpt bin/govulncheck

.PHONY: build test check race lag lint vuln tidy examples js unit fuzz bench soak demo

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/computesync ./cmd/computesync

# Many tests wait for real programs: more of them run at once than there are cores.
test:
	$(GO) test -parallel 8 ./...

check: tidy lint vuln race lag examples js unit

# The scripts run without the detector, in test: what they go through, the tests of the
# packages do as well, and it would take longer than all the rest.
race:
	$(GO) test -race -parallel 8 -tags servers -skip '^TestScript$$' ./...

# The process is killed at random moments while Azure's answers are old; LAGSEEDS
# says how many times 40.
lag:
	COMPUTESYNC_LAG_SEEDS=$(LAGSEEDS) $(GO) test -run TestKillsUnderLag ./internal/apply

# Known vulnerabilities, by the database that GOVULNDB names (the public one is
# https://vuln.go.dev). Without it nothing outside of this machine is asked.
vuln: bin/govulncheck
ifdef GOVULNDB
	bin/govulncheck -db $(GOVULNDB) ./...
else
	@echo 'vuln: not checked, since GOVULNDB names no database'
endif

lint: $(tools)
	@out=$$(bin/gofumpt -l .) && if [ -n "$$out" ]; then printf 'not formatted, run gofumpt -w on:\n%s\n' "$$out"; exit 1; fi
	$(GO) vet -tags servers ./...
	bin/staticcheck -tags servers ./...
	bin/golangci-lint run ./...

# The tools are a module of their own, so that their dependencies are not ours.
bin/golangci-lint: package = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
bin/staticcheck:   package = honnef.co/go/tools/cmd/staticcheck
bin/gofumpt:       package = mvdan.cc/gofumpt
bin/govulncheck:   package = golang.org/x/vuln/cmd/govulncheck
$(tools): tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../$@ $(package)
	@touch $@

tidy:
	$(GO) mod verify
	$(GO) mod tidy -diff
	cd tools && $(GO) mod tidy -diff

# The examples validate, apply to the simulator, and then need nothing more.
examples: build
	examples/check.sh bin/computesync

# Microsoft's JavaScript client, from npm, against the simulator.
js: build tools/js/node_modules
	cd tools/js && COMPUTESYNC=$(CURDIR)/bin/computesync node --test

tools/js/node_modules: tools/js/package-lock.json
	cd tools/js && npm ci
	@touch $@

# The unit names the binary where a package puts it; here it is looked at with
# the one that was just built.
unit: build
	@mkdir -p bin/unit
	sed 's|/usr/bin/computesync|$(CURDIR)/bin/computesync|' examples/systemd/computesync.service > bin/unit/computesync.service
	systemd-analyze verify --man=no --recursive-errors=no bin/unit/computesync.service

# go test fuzzes one target at a time.
fuzz:
	@grep -rEo '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' cmd internal | sort | while IFS=: read -r file func; do \
		$(GO) test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" || exit 1; \
	done

# The benchmarks of the parts, then the whole binary against the simulator.
bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) run ./internal/bench

# The daemon in trouble for SOAKTIME; SEED=N repeats what happens to it.
soak:
	$(GO) run ./internal/bench -soak $(SOAKTIME) $(if $(SEED),-seed $(SEED))

demo:
	$(GO) run ./cmd/computesync demo
