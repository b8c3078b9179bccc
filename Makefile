# Drydock's targets; 'make help' lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Debian packages: what the tool links and runs, and what only its tests and benchmarks start.
BUILD_PACKAGES := dpkg-dev libarchive-dev libbz2-dev libcurl4-openssl-dev libexpat1-dev liblzma-dev libnghttp2-dev libsqlite3-dev libssl-dev \
	libyaml-dev libzstd-dev make zlib1g-dev
RUN_PACKAGES := binutils ca-certificates debian-archive-keyring gpgv python3-pip-whl uidmap
TEST_PACKAGES := buildah bzip2 busybox-static createrepo-c curl db5.3-util default-jdk-headless diffoscope-minimal dnf \
	docker-registry docker.io gpg libmaven-resolver-java libxml2-utils maven mmdebstrap openssl podman python3 \
	python3-jsonschema python3-pip python3-venv qemu-user-static rpm skopeo sqlite3 tar umoci util-linux xz-utils zstd

RELEASE := .build/release
DRYDOCK := $(RELEASE)/drydock
RUNTIME := .build/runtime/glue-athena
IMAGE := spark-athena
OUTPUT := .build/drydock/$(IMAGE)
SWIFT_SOURCES := Sources Tests Package.swift

.PHONY: help
help: ## Print this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

# Installs missing Debian packages as root; anybody else is told the one command.
define require
	@missing=$$(for name in $(1); do \
	  dpkg-query -W -f='$${Status}' $$name 2>/dev/null | grep -q '^install ok installed' || echo $$name; done); \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then \
	    { apt-cache policy $$missing | grep -q 'Candidate: [^(]' || apt-get update -q; } && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
	  else \
	    echo "missing Debian packages; run: sudo apt-get install --no-install-recommends" $$missing >&2; exit 2; \
	  fi; \
	fi
endef

.PHONY: deps test-deps
deps:
	$(call require,$(BUILD_PACKAGES) $(RUN_PACKAGES))
test-deps: deps
	$(call require,$(TEST_PACKAGES))

.PHONY: tool
tool: deps ## Build drydock.
	swift build -c release --product drydock

# Libraries that Debian has no usable static form of, built from its sources.
STATIC := .build/static
STATIC_SOURCES := Sources/StaticLibraries/build.sh Sources/StaticLibraries/versions.txt
STATIC_FLAGS := -Xswiftc -static-executable -Xswiftc -use-ld=lld -Xlinker '-L$(CURDIR)/$(STATIC)/lib' \
	-Xlinker -lcares -Xlinker -lnghttp2 -Xlinker -lssl -Xlinker --build-id=none -Xswiftc -gnone \
	-Xswiftc -file-prefix-map -Xswiftc '$(CURDIR)=.' -Xcc '-ffile-prefix-map=$(CURDIR)=.'

$(STATIC)/%.built: $(STATIC_SOURCES)
	Sources/StaticLibraries/build.sh $(STATIC) $*
$(STATIC)/curl.built: $(STATIC)/c-ares.built

# One static file, the same bytes from any folder: no debug information, no path, no build id, no module hash. Beside it
# lies the digest of its sources, which a lock names: the file itself may differ between compilers.
RUNTIME_FOLDERS := $(addprefix Sources/,AWS CCurl CLinux COpenSSL GlueAthena HTTP Host JSON OCI Trust)
RUNTIME_SOURCES := $(shell find $(RUNTIME_FOLDERS) -type f) Sources/StaticLibraries/versions.txt

.PHONY: runtime
runtime: deps $(RUNTIME) $(RUNTIME).inputs ## Build glue-athena, the static binary that images carry.
$(RUNTIME): $(RUNTIME_SOURCES) $(STATIC)/curl.built
	swift build -c release --product glue-athena --scratch-path .build/runtime/work $(STATIC_FLAGS)
	objcopy --strip-all --remove-section=.swift_modhash .build/runtime/work/release/glue-athena $@.new
	mv $@.new $@
$(RUNTIME).inputs: $(RUNTIME_SOURCES)
	@mkdir -p $(@D)
	@printf '%s\n' $(RUNTIME_SOURCES) | LC_ALL=C sort | xargs sha256sum | sha256sum | sed -E 's/ .*//; s/^/sha256:/' > $@

.PHONY: reproduce
reproduce: runtime ## Build the runtime again, from its libraries on and in another folder, and compare every byte.
	rm -rf .build/reproduce
	mkdir -p .build/reproduce/again
	cp -R Makefile Package.swift Sources Tests .build/reproduce/again
	env -u MAKEFLAGS TZ=Pacific/Auckland sh -c 'umask 077; exec make -C .build/reproduce/again runtime'
	cmp $(RUNTIME) .build/reproduce/again/$(RUNTIME)
	rm -rf .build/reproduce

# Everything that a machine without any of these libraries needs: two static files, their sums and what they are made of.
DIST := .build/dist
VERSION := $(shell sed -nE 's/.*static let version = "([0-9.]+)".*/\1/p' Sources/Commands/Drydock.swift)

.PHONY: static-tool
static-tool: deps $(STATIC)/curl.built $(STATIC)/libarchive.built ## Build drydock as one static file.
	swift build -c release --product drydock --scratch-path $(DIST)/work $(STATIC_FLAGS) \
	  -Xlinker -llzma -Xlinker -lzstd -Xlinker -lbz2
	objcopy --strip-all --remove-section=.swift_modhash $(DIST)/work/release/drydock $(DIST)/drydock.new
	mv $(DIST)/drydock.new $(DIST)/drydock

.PHONY: dist
dist: static-tool runtime ## Build drydock and glue-athena as static files with sums and an SBOM, and an image of drydock.
	cp $(RUNTIME) $(DIST)/glue-athena
	mkdir -p images/drydock/dist && cp $(DIST)/drydock images/drydock/dist/
	$(DIST)/drydock verify images/drydock --output $(DIST)/image
	cd $(DIST) && sha256sum drydock glue-athena > SHA256SUMS
	Sources/StaticLibraries/bill.sh $(STATIC) $(VERSION) \
	  $$(sed -E 's/^([0-9a-f]+)  (.*)$$/\2=\1/' $(DIST)/SHA256SUMS) > $(DIST)/sbom.cdx.json

.PHONY: image
image: tool runtime ## Lock, build, test and health-check images/spark-athena.
	$(DRYDOCK) verify images/$(IMAGE) --repin-missing --output $(OUTPUT)

.PHONY: verify-glue
verify-glue: test-deps tool runtime ## Pin, build twice and test the images for Glue on stand-ins of their bases, or with BASES=real on the bases themselves.
	Tests/StandIns/verify.sh $(DRYDOCK) $(RUNTIME) .build/glue

.PHONY: verify-engines
verify-engines: test-deps tool runtime ## Build the three images by Docker and by Buildah too, and compare the trees; needs root.
	ENGINES="docker buildah" Tests/StandIns/verify.sh $(DRYDOCK) $(RUNTIME) .build/engines

# How many tests run at once. All of them together, as is usual, keep each other waiting for minutes.
TEST_WIDTH := 16

.PHONY: test
test: test-deps image ## Run every test: the image's own, then the tool's.
	swift build --build-tests
	swift test --skip-build --experimental-maximum-parallelization-width $(TEST_WIDTH)

BENCH_VENV := .build/bench/venv

# What users install is timed: a static file starts in a third of the time that the same program takes to find fifty
# shared libraries.
# Sections of the benchmark; all but Spark's if none is named.
SECTIONS :=

.PHONY: bench
bench: test-deps static-tool runtime ## Time Drydock beside its peers, in one run; SECTIONS names some of its sections.
	python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install -q uv==0.13.9 PyAthena==3.40.0 pandas==2.3.3 pyarrow==20.0.0
	swift build -c release --product drydock-bench
	PATH="$(abspath $(BENCH_VENV))/bin:$$PATH" $(RELEASE)/drydock-bench $(DIST)/drydock $(RUNTIME) $(BENCH_VENV)/bin/uv \
	  $(BENCH_VENV)/bin/python3 .build/bench/work $(SECTIONS)

# Each parser of untrusted input for so many seconds; what they find lies in .build/fuzz/NAME. Swift's own report of a crash
# would keep libFuzzer from storing the input.
FUZZ_SECONDS := 600
FUZZ := .build/fuzz/build/release/drydock-fuzz
FUZZERS :=

.PHONY: fuzz
fuzz: deps ## Fuzz the parsers, each for FUZZ_SECONDS; FUZZERS names some of them.
	swift build -c release --product drydock-fuzz --scratch-path .build/fuzz/build \
	  -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld -Xlinker --undefined=LLVMFuzzerRunDriver
	@set -e; for name in $(or $(FUZZERS),$$($(FUZZ) --list)); do \
	  echo "$$name, $(FUZZ_SECONDS) s"; mkdir -p .build/fuzz/$$name; \
	  SWIFT_BACKTRACE=enable=no $(FUZZ) $$name .build/fuzz/$$name/corpus -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=.build/fuzz/$$name/ > .build/fuzz/$$name/log 2>&1 \
	    || { tail -30 .build/fuzz/$$name/log >&2; exit 1; }; \
	  grep -E '^(Done|stat::number_of_executed_units)' .build/fuzz/$$name/log; \
	done

.PHONY: bench-spark endings
bench-spark: ## Time a shuffle of ten million rows in 2, 4 and 16 GB, with the runtime's settings and with Spark's own; needs root.
endings: ## End a real Spark job by SIGTERM a hundred times, and use up its memory in three places; needs root.
bench-spark endings: test-deps
	$(call require,openjdk-17-jre-headless procps)
	python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install -q pyspark==3.5.4
	$(MAKE) bench SECTIONS=$(@:bench-%=%)

KILLS := 100

.PHONY: kill
kill: test-deps ## Kill builds at KILLS random moments, and look for what they leave.
	swift build --build-tests
	DRYDOCK_KILLS=$(KILLS) swift test --skip-build --filter BuildKillTests

.PHONY: reproduce-dockerfiles
reproduce-dockerfiles: test-deps ## Build the Dockerfiles of Tests/Reproduce twice, as root, as a user and elsewhere.
	swift build --build-tests
	DRYDOCK_DOCKERFILES=all swift test --skip-build --filter PublicDockerfileTests

.PHONY: check
check: deps ## Check format, imports and generated files.
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	@! grep -rnE '^[a-z]* *import Foundation$$' Sources || { echo 'Sources may not import all of Foundation' >&2; exit 1; }

.PHONY: fmt
fmt: ## Format the sources.
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

.PHONY: conformance
conformance: test-deps ## Run public suites kept in FIXTURES=DIR.
	@test -n "$(FIXTURES)" || { echo 'name the folder: make conformance FIXTURES=DIR' >&2; exit 2; }
	DRYDOCK_FIXTURES=$(abspath $(FIXTURES)) swift test --filter ConformanceTests

.PHONY: clean
clean: ## Remove everything that was built here.
	rm -rf .build
