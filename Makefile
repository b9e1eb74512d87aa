# Two commands for users: `make study` and `make test`. The rest is for whoever changes the code (CONTRIBUTING.md).
.PHONY: study test setup build check bench format format-check clean
.DEFAULT_GOAL := study

PRESET ?= release
BUILD := build/$(PRESET)

setup:
	@scripts/setup.sh

build: setup
	@scripts/configure.sh $(PRESET)
	@cmake --build $(BUILD) --target ecram

study: build
	@$(BUILD)/ecram study --out out/study --force

test:
	@scripts/setup.sh test
	@scripts/build_and_test.sh $(PRESET)

check:
	@scripts/setup.sh test check
	@scripts/check.sh all

bench:
	@scripts/setup.sh test
	@scripts/bench.sh

format:
	@scripts/format.sh -i

format-check:
	@scripts/format.sh --dry-run --Werror

clean:
	rm -rf build out
