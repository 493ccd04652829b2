# The names of the project's commands; the work is in scripts/, one file for each name.
# Each installs what it lacks, says so, and then does its job.

.PHONY: help run test check bundle test-bundle screenshots bench bench-server soak fuzz

help:
	@echo 'make run          build and open the app (where there is no display: run "sse serve")'
	@echo 'make test         run all tests: crates, page, window, native menu, browsers'
	@echo 'make check        format, clippy and docs with warnings denied'
	@echo 'make bundle       make the .deb and the .rpm, into target/release/bundle/'
	@echo 'make test-bundle  install that .deb, start it, receive events from it, remove it'
	@echo 'make screenshots  write the pictures in docs/ from the real app'
	@echo 'make bench        measure the app and the server, and write docs/BENCHMARKS.md'
	@echo 'make bench-server measure the server only (ARGS="--measure cpu-1k" takes one measure and writes nothing)'
	@echo 'make soak         10,000 subscribers for ten minutes: nothing lost, memory flat'
	@echo 'make fuzz         feed made-up input to all that reads from outside, a minute each (SECONDS_EACH=60)'

# make run ARGS='...' hands arguments to the program.
run:
	@scripts/run.sh $(ARGS)

test:
	@scripts/test.sh

check:
	@scripts/check.sh

bundle:
	@scripts/bundle.sh

test-bundle:
	@scripts/test-bundle.sh

screenshots:
	@scripts/screenshots.sh

bench:
	@scripts/bench.sh

bench-server:
	@scripts/bench-server.sh $(ARGS)

soak:
	@scripts/soak.sh $(ARGS)

fuzz:
	@scripts/fuzz.sh
