# The README's commands. Each says what it does in `make help`; the work is in scripts/.

.DEFAULT_GOAL := help
# cargo uses every core by itself, and two of these at once would only wait for each other's locks.
.NOTPARALLEL:
# Nor do they take part in make's own sharing of jobs.
unexport MAKEFLAGS MFLAGS
.PHONY: help demo test bench soak screenshots fmt docs clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

demo: ## use Baton on a private sshd of its own, and leave nothing behind
	@scripts/demo

test: ## every check and test, as CI runs them
	@scripts/test

bench: ## measure against plain ssh, and the window, as tables
	@scripts/need bench
	@cargo build --release --bins -p baton-cli -p baton-gui -p baton-tests
	@cargo run --release -p baton-tests --bin baton-bench

soak: ## every test ten times in a row with all cores busy (ROUNDS=10)
	@scripts/soak $(ROUNDS)

screenshots: ## take the README's pictures of the window, into docs/images
	@scripts/screenshots

fmt: ## format the source
	@cargo fmt --all

docs: ## write docs/cli.md anew, and build the source's documentation
	@cargo run --quiet -p baton-cli -- reference >docs/cli.md.new || { rm docs/cli.md.new; exit 1; }
	@mv docs/cli.md.new docs/cli.md
	@RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

clean: ## remove what was built
	@cargo clean
