# The names of the project's commands; the work is in scripts/, one file for each name.
# Each installs what it lacks, says so, and then does its job.

.PHONY: help run test check bundle test-bundle screenshots bench

help:
	@echo 'make run          build and open the app (where there is no display: run "sse serve")'
	@echo 'make test         run all tests: crates, page, window, native menu, browsers'
	@echo 'make check        format, clippy and docs with warnings denied'
	@echo 'make bundle       make the .deb and the .rpm, into target/release/bundle/'
	@echo 'make test-bundle  install that .deb, start it, receive events from it, remove it'
	@echo 'make screenshots  write the pictures in docs/ from the real app'
	@echo 'make bench        measure the release programs and print the figures'

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
