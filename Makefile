# The project's commands; each works in a fresh clone. Scripts they call are in .ci/.

# Warnings are errors. One set of flags for all targets, so that build, tests and demo share their objects:
# tests need no @testable import, and with it SwiftPM would compile everything a second time.
export EMBQ_STRICT := 1
swift_test := swift test -c release --disable-xctest --disable-testable-imports

.DEFAULT_GOAL := help
.PHONY: help setup setup-base build install uninstall dist deb demo check test test-device test-kernels test-processors
.PHONY: test-library test-peers test-cluster test-replacing test-install bench documentation lint schemas wasm clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r name text; do \
	    printf '  make %-16s%s\n' "$$name" "$$text"; done

setup:  ## install what is missing for building and testing (apt-get, Debian 12 or a similar system)
	@.ci/setup

setup-base:
	@.ci/setup base

build: setup-base  ## compile the embq program, optimized
	swift build -c release --product embq

export PREFIX ?= /usr/local
export DESTDIR
install:  ## the built program, its manual, completions and the C runtime, into DESTDIR= and PREFIX=/usr/local
	@.ci/install

uninstall:  ## remove what `make install` has put there
	@.ci/install --remove

dist:  ## an archive of an installation with the Swift runtime and HDF5 inside, in .build-dist
	@.ci/setup dist
	@.ci/dist

deb:  ## a Debian package of that, in .build-dist
	@.ci/setup dist
	@.ci/deb

demo: setup-base  ## package a small model, run it on two texts, show what is inside
	@.ci/demo

check: setup-base  ## the fast tests, and the format of what you changed: an answer in under a minute after a build
	@.ci/check $(swift_test)

test: setup  ## every test: Swift, reports in a browser, the C runtime's proofs, the independent reader in Python
	rm -rf .build/reports
	EMBQ_REPORTS="$(CURDIR)/.build/reports" $(swift_test)
	Tests/report/check.sh .build/reports
	Tests/hdf5helper/check.sh
	Tests/limits/check.sh
	Tests/runtime/check.sh
	Tests/runtime/matrix.sh
	Tests/layouts/check.sh
	Tests/signing/check.sh
	Tests/bom/check.sh
	Tests/install/check.sh
	$(MAKE) --no-print-directory documentation
	python3 -m unittest discover -s Tests/python

test-device:  ## the exported C on the boards that QEMU emulates; DATA=dir CHECKPOINTS=dir for more than Fixtures/
	@.ci/setup device
	swift build -c release --product embq
	@Tests/device/check.sh $(if $(DATA),"$(DATA)" "$(CHECKPOINTS)")
	@Tests/device/swift/check.sh

test-kernels:  ## the kernels of each Arm board give the sums of portable C; the estimate of instructions is near the count
	@.ci/setup device
	swift build -c release --product embq
	@Tests/device/kernels/check.sh

test-processors:  ## the same bytes on every processor: with QEMU, without fused products and with them, and on AArch64
	@.ci/setup device
	swift build -c release --product embq
	@Tests/processors/check.sh

test-peers:  ## embq in a bare root folder, with nothing but its shared libraries
	@.ci/setup peers
	swift build -c release --product embq
	@Tests/peers/check.sh

test-library: setup  ## another Swift package imports Embq, with names of its own that Embq has too
	@Tests/library/check.sh

test-cluster:  ## the sweep of Benchmarks/cluster by Snakemake, and by Slurm where it answers, killed and resumed
	@.ci/setup base
	swift build -c release --product embq
	@Tests/cluster/check.sh

test-replacing: setup  ## embq interrupted 500 times, killed at each step of replacing a folder, and run many times at once
	swift build -c release --product embq
	@Tests/replacing/check.sh

test-install: deb  ## the Debian package in a bare Debian 12, with nothing but what it depends on; the commit in --version
	@Tests/install/commit.sh
	@Tests/install/debian.sh

bench: setup  ## measure (makes .venv from PyPI first); CHECKPOINTS=dir DATA=dir for more than Fixtures/
	@.ci/bench $(if $(CHECKPOINTS),--checkpoints "$(CHECKPOINTS)") $(if $(DATA),--data "$(DATA)") $(if $(MINILM),--minilm "$(MINILM)") $(if $(JSON),--json "$(JSON)") $(if $(ONLY),--only "$(ONLY)")

documentation: setup-base  ## the pages of the Swift modules that others import, in .build/documentation
	swift build -c release --target Embq
	@.ci/documentation

lint: setup  ## format, generated code, static analysis of the C runtime, scripts, sizes of committed files
	@.ci/lint

wasm:  ## compile the C runtime to the WebAssembly module that reports carry, with the clang of Swift
	@.ci/wasm

schemas: setup  ## generate Sources/System/Schemas from Schemas/*.proto
	@.ci/schemas

clean:  ## remove all that is built
	rm -rf .build .build-dist out .venv
