# The project's commands. Each runs the script of the same name in scripts/.
# A script first installs what it lacks, prints that, and then does its job.

.PHONY: help run test check bundle test-bundle screenshots bench bench-server bench-decoders bench-proxies bench-nodes soak fuzz mutants types

help:
	@echo 'make run          build and open the app (without a display: run "sse serve")'
	@echo 'make test         run all tests: crates, page, window, native menu, browsers'
	@echo 'make check        format, clippy and docs with warnings denied'
	@echo 'make bundle       make a .deb and an .rpm of the app and of the command, into target/release/bundle/'
	@echo 'make test-bundle  check the bundles, install the .debs, receive events from the app, remove them'
	@echo 'make screenshots  write the pictures in docs/ from the real app'
	@echo 'make bench        measure the app, the server and the decoder, and write docs/BENCHMARKS.md'
	@echo 'make bench-server measure the server only (ARGS="--measure cpu-1k" takes one measure and writes nothing)'
	@echo 'make bench-decoders  measure the decoder only, and write its section of docs/BENCHMARKS.md'
	@echo 'make bench-proxies  measure the proxy only, and write its section of docs/BENCHMARKS.md'
	@echo 'make bench-nodes  measure topics over many machines only, and write its section of docs/BENCHMARKS.md'
	@echo 'make soak         play ten million histories of topics over nodes, and each scenario of real nodes twenty times; serve 10,000 subscribers for ten minutes; check that no event is lost'
	@echo 'make fuzz         feed generated input to every parser of outside data, a minute each (SECONDS_EACH=60)'
	@echo 'make mutants      change the code in small ways and list the changes that no test notices (ARGS=wire)'
	@echo 'make types        write ui/page/server.d.ts anew from the Rust structs: the types of the JSON that the page is sent'

# make run ARGS='...' passes arguments to the program.
run:
	@scripts/run.sh $(ARGS)

test:
	@scripts/test.sh

check:
	@scripts/check.sh

# make bundle ARGS=sse makes only the bundles of the command.
bundle:
	@scripts/bundle.sh $(ARGS)

test-bundle:
	@scripts/test-bundle.sh

screenshots:
	@scripts/screenshots.sh

bench:
	@scripts/bench.sh

bench-server:
	@scripts/bench-server.sh $(ARGS)

bench-decoders:
	@scripts/bench-decoders.sh $(ARGS)

bench-proxies:
	@scripts/bench-proxies.sh $(ARGS)

bench-nodes:
	@scripts/bench-nodes.sh $(ARGS)

soak:
	@scripts/soak.sh $(ARGS)

fuzz:
	@scripts/fuzz.sh

mutants:
	@scripts/mutants.sh $(ARGS)

types:
	@scripts/types.sh
