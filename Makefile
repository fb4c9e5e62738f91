# kexec-any: boot now what the boot loader would boot next.
#
# 'make help' lists the targets. Everything is built below $(BUILD); a second build folder
# (BUILD=build/asan SANITIZE=address,undefined) never mixes with the first.

VERSION := 0.1.0

# What users set.
PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
BASHCOMP   ?= $(DATADIR)/bash-completion/completions
ZSHCOMP    ?= $(DATADIR)/zsh/site-functions
FISHCOMP   ?= $(DATADIR)/fish/vendor_completions.d
DESTDIR    ?=
BUILD      ?= build
CC         ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS     ?= -O2 -g
# Developers and CI: warnings are errors.
WERROR     ?=
# Such as address,undefined.
SANITIZE   ?=
# Put in front of the program by the tests, such as valgrind.
WRAP       ?=

LIBS := json-c mount blkid smartcols
# Opened at run time (src/base/library.h); those of them whose headers are found by pkg-config alone.
HEADERS := libsystemd libelf libeconf

# Looked up when they are first needed: 'make check' installs them before.
PC_CFLAGS = $(eval PC_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIBS) $(HEADERS)))$(PC_CFLAGS)
PC_LIBS   = $(eval PC_LIBS := $$(shell $(PKG_CONFIG) --libs $(LIBS)))$(PC_LIBS)

KA_CPPFLAGS := -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DKA_VERSION='"$(VERSION)"'
KA_CFLAGS   := -std=gnu11 -MMD -MP -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Wundef \
	-Wwrite-strings -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wimplicit-fallthrough -Wno-format-nonliteral \
	-Wno-missing-field-initializers -fno-common $(if $(WERROR),-Werror) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
KA_LDFLAGS  := -Wl,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE))

SOURCES      := $(wildcard src/*/*.c)
BACKENDS     := $(wildcard backends/*.c backends/*/*.c backends/*/*/*.c)
OBJECTS      := $(patsubst %.c,$(BUILD)/%.o,$(SOURCES) $(BACKENDS))
CORE         := $(BUILD)/libkexec-any.a
PROGRAM      := $(BUILD)/kexec-any
# What the program alone is made of: the tests have a main() and an allocator of their own.
PROGRAM_OWN  := $(BUILD)/src/cli/main.o $(BUILD)/src/cli/malloc.o
UNIT_SOURCES := $(wildcard tests/unit/test-*.c)
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz-*.c)
FUZZ_REPLAY  := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/%,$(FUZZ_SOURCES))
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(FUZZ_SOURCES))
TOOLS        := $(addprefix $(BUILD)/tests/,mkbzimage versions grubenv program)
MANPAGES     := $(addprefix $(BUILD)/,kexec-any.8 kexec-any-findings.7 kexec-any-backends.7)
C_FILES      := $(wildcard include/kexec-any/*.h src/*/*.[ch] backends/*/*.[ch] \
	backends/*/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])
SHELL_FILES  := contrib/install-deps contrib/kexec-any-capture .ci/run .ci/archive .ci/fetch-kernels $(wildcard tests/*.sh \
	tests/*/*.sh tests/vm/make-guest tests/vm/make-grub-guest tests/vm/make-product-disk \
	tests/corrupt/make-dracut tests/subvolumes/make-machine tests/vm/make-bls-guest tests/vm/make-nixos-guest tests/nixos/make-nixos contrib/nixos/check \
	tests/vm/fetch-kernel tests/vm/fetch-loaders tests/vm/make-chain-guest tests/vm/find-ovmf tests/vm/expect-guest \
	tests/tools/download-debs tests/tools/cross-build tests/vm/make-arm64-kernel tests/tools/extract-vmlinux tests/tools/dlopen-notes tests/tools/fetch-package tests/tools/note-debs tests/tools/show-versions tests/check-reproducible tests/tools/find-mirror fixtures/make-fixtures fixtures/make-ostree \
	$(addprefix tests/oracle/,fetch-grub fetch-systemd fetch-sdboot fetch-syslinux fetch-uboot extlinux/make-volume grub/make-mkconfig bls/make-ukis))

Q := $(if $(V),,@)

.PHONY: all
all: $(PROGRAM) $(if $(shell command -v scdoc),$(MANPAGES))

# Objects are rebuilt when the flags change, not only when sources do. What single objects add does not count:
# it would be different flags for whoever is made first.
COMMON_FLAGS := $(KA_CPPFLAGS) $(KA_CFLAGS)
FLAGS_LINE = $(CC) $(COMMON_FLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(BUILD)/flags: force
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(subst ','\'',$(FLAGS_LINE))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(FLAGS_LINE))' >$@

.PHONY: force
force:

# The core and the tests may see src/; a backend sees include/ alone, so breaking that rule of the
# house is a compile error.
$(BUILD)/src/%.o $(BUILD)/tests/%.o: KA_CPPFLAGS += -Isrc
$(BUILD)/backends/grub/%.o: KA_CPPFLAGS += -Ibackends/grub

$(BUILD)/%.o: %.c $(BUILD)/flags
	@$(if $(V),,echo "  CC      $<")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KA_CPPFLAGS) $(PC_CFLAGS) $(CPPFLAGS) $(KA_CFLAGS) $(CFLAGS) -c -o $@ $<

$(CORE): $(filter-out $(PROGRAM_OWN),$(OBJECTS))
	@$(if $(V),,echo "  AR      $@")
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(PROGRAM): $(PROGRAM_OWN) $(CORE)
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PC_LIBS)

$(BUILD)/tests/test-%: $(BUILD)/tests/unit/test-%.o $(CORE)
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PC_LIBS) $$($(PKG_CONFIG) --libs cmocka)

# Each fuzz target twice: fed with the corpus, by any compiler; and driven by libFuzzer.
$(BUILD)/tests/fuzz/fuzz-grub%.o $(BUILD)/tests/fuzz/fuzz-grub.o $(BUILD)/tests/unit/test-grub-%.o: KA_CPPFLAGS += -Ibackends/grub
$(BUILD)/tests/fuzz/fuzz-bls.o $(BUILD)/tests/unit/test-bls.o: KA_CPPFLAGS += -Ibackends/bls
$(BUILD)/tests/fuzz/fuzz-nixos.o $(BUILD)/tests/unit/test-nixos.o: KA_CPPFLAGS += -Ibackends/nixos
$(BUILD)/tests/fuzz/fuzz-extlinux.o $(BUILD)/tests/unit/test-extlinux.o: KA_CPPFLAGS += -Ibackends/extlinux
$(BUILD)/tests/unit/test-debian.o: KA_CPPFLAGS += -Ibackends/debian
$(FUZZ_REPLAY): $(BUILD)/tests/fuzz-%: $(BUILD)/tests/fuzz/fuzz-%.o $(BUILD)/tests/fuzz/replay.o $(CORE)
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PC_LIBS)
$(FUZZERS): $(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/fuzz-%.o $(CORE)
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) -fsanitize=fuzzer $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PC_LIBS)

# What the recorded answers of programs are compared with.
$(BUILD)/tests/oracle/versions/versions.o: KA_CPPFLAGS += -Ibackends/bls -Ibackends/debian
$(BUILD)/tests/oracle/grubenv/grubenv.o: KA_CPPFLAGS += -Ibackends/grub
$(BUILD)/tests/versions: $(BUILD)/tests/oracle/versions/versions.o $(CORE)
$(BUILD)/tests/grubenv: $(BUILD)/tests/oracle/grubenv/grubenv.o $(CORE)
$(BUILD)/tests/program: $(BUILD)/tests/oracle/programs/program.o $(CORE)
$(BUILD)/tests/versions $(BUILD)/tests/grubenv $(BUILD)/tests/program:
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PC_LIBS)

$(BUILD)/tests/mkbzimage: $(BUILD)/tests/tools/mkbzimage.o
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^

# Kept for make, which would delete them as intermediate files.
.SECONDARY: $(patsubst %.c,$(BUILD)/%.o,$(UNIT_SOURCES) $(FUZZ_SOURCES) tests/fuzz/replay.c)

.PHONY: man
man: $(MANPAGES)

# The list of findings comes from the table of them.
$(BUILD)/kexec-any%: docs/findings.awk include/kexec-any/findings.def docs/kexec-any%.scd
	@$(if $(V),,echo "  MAN     $@")
	$(Q)mkdir -p $(@D)
	$(Q)awk -f $^ >$@.scd
	$(Q)scdoc <$@.scd >$@

.PHONY: install uninstall
install: all
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(SBINDIR)/kexec-any
	install -D -m 644 contrib/completions/kexec-any.bash $(DESTDIR)$(BASHCOMP)/kexec-any
	install -D -m 644 contrib/completions/_kexec-any $(DESTDIR)$(ZSHCOMP)/_kexec-any
	install -D -m 644 contrib/completions/kexec-any.fish $(DESTDIR)$(FISHCOMP)/kexec-any.fish
	$(if $(wildcard $(BUILD)/kexec-any.8),install -D -m 644 $(BUILD)/kexec-any.8 $(DESTDIR)$(MANDIR)/man8/kexec-any.8)
	$(if $(wildcard $(BUILD)/kexec-any-findings.7),install -D -m 644 -t $(DESTDIR)$(MANDIR)/man7 \
		$(BUILD)/kexec-any-findings.7 $(BUILD)/kexec-any-backends.7)

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/kexec-any $(DESTDIR)$(BASHCOMP)/kexec-any \
		$(DESTDIR)$(ZSHCOMP)/_kexec-any $(DESTDIR)$(FISHCOMP)/kexec-any.fish
	rm -f $(DESTDIR)$(MANDIR)/man8/kexec-any.8 $(DESTDIR)$(MANDIR)/man7/kexec-any-findings.7 \
		$(DESTDIR)$(MANDIR)/man7/kexec-any-backends.7

# --- tests: 'check' and 'demo' install what they need, then run in a make of their own, which
# finds the compiler and the libraries.

.PHONY: deps-check deps-vm
deps-check:
	$(Q)contrib/install-deps check
deps-vm:
	$(Q)contrib/install-deps vm

.PHONY: check check-all
check: deps-check
	$(Q)+$(MAKE) --no-print-directory check-all
check-all: all $(UNIT_TESTS) $(FUZZ_REPLAY) $(TOOLS)
	$(Q)BUILD='$(BUILD)' WRAP='$(WRAP)' tests/run-tests.sh unit corpus answers cli smoke

# Without the guest: seconds instead of a minute.
.PHONY: check-quick check-build check-tools
check-tools: all $(TOOLS)
check-build: check-tools $(UNIT_TESTS) $(FUZZ_REPLAY)
check-quick: check-build
	$(Q)BUILD='$(BUILD)' WRAP='$(WRAP)' tests/run-tests.sh unit corpus answers cli

.PHONY: check-vm
check-vm: deps-vm
	$(Q)+$(MAKE) --no-print-directory check-vm-all
.PHONY: check-vm-all
check-vm-all: all
	$(Q)BUILD='$(BUILD)' tests/run-tests.sh vm

# The real programs are asked again: do they answer what is recorded? Or record what they answer.
.PHONY: check-oracle check-oracle-all record-oracle record-oracle-all
check-oracle: deps-check
	$(Q)+$(MAKE) --no-print-directory check-oracle-all
check-oracle-all: $(TOOLS)
	$(Q)BUILD='$(BUILD)' tests/run-tests.sh oracle
record-oracle: deps-check
	$(Q)+$(MAKE) --no-print-directory record-oracle-all
record-oracle-all: $(TOOLS)
	$(Q)for group in images versions grubenv bls sdboot grub random programs extlinux uboot; do \
		BUILD='$(BUILD)' tests/oracle/ask -w $$group || exit; done

.PHONY: check-asan
check-asan:
	$(Q)+$(MAKE) --no-print-directory check-quick BUILD=$(BUILD)/asan WERROR=1 \
		SANITIZE=address,undefined CFLAGS='-O1 -g'

.PHONY: check-valgrind
check-valgrind:
	$(Q)+$(MAKE) --no-print-directory check-quick \
		WRAP='valgrind -q --error-exitcode=99 --leak-check=full'

# For each target at most so many seconds, and with FUZZ_RUNS= so many inputs, the same for one FUZZ_SEED=
# (1); needs clang. A crash becomes a file of its corpus.
FUZZ_SECONDS ?= 60
.PHONY: fuzz fuzz-all
fuzz:
	$(Q)+$(MAKE) --no-print-directory fuzz-all BUILD=$(BUILD)/fuzz CC=clang CFLAGS='-O1 -g' \
		SANITIZE=fuzzer-no-link,address,undefined
fuzz-all: $(FUZZERS)
	$(Q)BUILD='$(BUILD)' FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/run-tests.sh fuzz

# Real kernels and initrds, damaged in thousands of ways. PARTS: signed kernels payloads initrds.
.PHONY: check-corrupt check-corrupt-all
check-corrupt: deps-vm
	$(Q)+$(MAKE) --no-print-directory check-corrupt-all
check-corrupt-all: $(BUILD)/tests/damage
	$(Q)BUILD='$(BUILD)' tests/corrupt/run.sh $(PARTS)
$(BUILD)/tests/damage: $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/corrupt/*.c)) $(CORE)
	@$(if $(V),,echo "  LINK    $@")
	$(Q)$(CC) $(KA_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PC_LIBS)

# A real btrfs whose default subvolume changes, in a loop device; needs root.
.PHONY: check-subvolumes check-subvolumes-all
check-subvolumes: deps-check
	$(Q)+$(MAKE) --no-print-directory check-subvolumes-all
check-subvolumes-all: all $(TOOLS)
	$(Q)BUILD='$(BUILD)' tests/run-tests.sh subvolumes

# Every allocation and system call of a run fails once. FAULT_STEP: only every so-manieth.
FAULT_STEP ?= 1
.PHONY: check-fault check-fault-all
check-fault: deps-check
	$(Q)+$(MAKE) --no-print-directory check-fault-all
check-fault-all: all $(BUILD)/tests/fail-allocation.so
	$(Q)BUILD='$(BUILD)' FAULT_STEP='$(FAULT_STEP)' tests/fault/check-fault.py $(FAULT_ONLY)
$(BUILD)/tests/fail-allocation.so: tests/fault/fail-allocation.c
	@$(if $(V),,echo "  LINK    $@")
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC -std=gnu11 -D_GNU_SOURCE -Wall -Wextra $(CFLAGS) -o $@ $<

# Rules broken one at a time (tests/mutants/list): check-quick must notice each. MUTANTS: a number of them,
# or names; without, all.
.PHONY: check-mutants check-mutants-all
check-mutants: deps-check
	$(Q)+$(MAKE) --no-print-directory check-mutants-all
check-mutants-all:
	$(Q)BUILD='$(BUILD)' tests/mutants/run.sh $(MUTANTS)

# The lines that check-quick runs, by folder, and the files of which it runs few. What an earlier run left
# does not count.
.PHONY: coverage
coverage:
	$(Q)if [ -d '$(BUILD)/coverage' ]; then find '$(BUILD)/coverage' -name '*.gcda' -delete; fi
	$(Q)+$(MAKE) --no-print-directory check-quick BUILD=$(BUILD)/coverage CFLAGS='-O0 -g --coverage'
	$(Q)tests/tools/show-coverage $(BUILD)/coverage

# Parts of the tests, built twice. PARTS: initramfs bls dracut guest arm64; without, those of seconds.
.PHONY: check-reproducible
check-reproducible: deps-vm
	$(Q)BUILD='$(BUILD)' tests/check-reproducible $(PARTS)

.PHONY: demo demo-all
demo: deps-vm
	$(Q)+$(MAKE) --no-print-directory demo-all
demo-all: all
	$(Q)BUILD='$(BUILD)' tests/vm/demo.sh

.PHONY: bench
bench: all $(TOOLS)
	$(Q)contrib/install-deps bench
	$(Q)BUILD='$(BUILD)' tests/bench/bench.sh

# --- quality

.PHONY: lint analyze format format-check
lint: format-check
	$(Q)SHELL_FILES='$(SHELL_FILES)' tests/lint.sh

analyze:
	$(Q)clang-tidy --quiet --warnings-as-errors='*,-readability-function-size' \
		$(SOURCES) $(BACKENDS) -- $(KA_CPPFLAGS) -Isrc -Ibackends/grub $(PC_CFLAGS) -std=gnu11

format:
	$(Q)clang-format -i $(C_FILES)
format-check:
	$(Q)clang-format --dry-run -Werror $(C_FILES)

.PHONY: fixtures
fixtures: $(TOOLS)
	$(Q)BUILD='$(BUILD)' fixtures/make-fixtures

.PHONY: captures captures-all
captures: deps-vm
	$(Q)+$(MAKE) --no-print-directory captures-all
captures-all: all
	$(Q)BUILD='$(BUILD)' tests/vm/capture.sh

.PHONY: dist
dist:
	$(Q)mkdir -p $(BUILD)
	git archive --prefix=kexec-any-$(VERSION)/ -o $(BUILD)/kexec-any-$(VERSION).tar.gz HEAD

.PHONY: clean distclean
clean: # the cache of downloads and guests stays
	$(Q)if [ -d '$(BUILD)' ]; then \
		find '$(BUILD)' -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +; fi
distclean:
	$(Q)rm -rf '$(BUILD)'

.PHONY: help
help:
	@echo "all           the program (and the man page, with scdoc)"
	@echo "install       into DESTDIR and PREFIX ($(PREFIX))"
	@echo "demo          a Debian guest restarts through kexec-any; installs what it needs"
	@echo "check         all tests but the long guest runs; installs what it needs"
	@echo "check-quick   unit and command-line tests alone"
	@echo "check-vm      a Debian guest with systemd, used as a person would"
	@echo "check-corrupt  real kernels and initrds, damaged in thousands of ways"
	@echo "check-fault   every allocation and system call of a run fails once; FAULT_STEP=N: every N-th"
	@echo "check-mutants  rules broken one at a time: check-quick must notice; MUTANTS=N: so many of them"
	@echo "coverage      the lines that check-quick runs, by folder"
	@echo "check-reproducible  what the tests are made of, built twice, is the same"
	@echo "check-oracle  real loaders are asked again whether they answer what is recorded"
	@echo "record-oracle  record what they answer now"
	@echo "check-asan    check-quick under address and undefined-behaviour sanitizers"
	@echo "check-valgrind  check-quick under valgrind"
	@echo "fuzz          libFuzzer, FUZZ_SECONDS (60) for each target"
	@echo "bench         speed and memory, beside peers"
	@echo "lint analyze format   style, static analysis, formatting"
	@echo "fixtures      write the made machines of fixtures/ anew"
	@echo "captures      write fixtures/real-* anew, captured in guests"
	@echo "dist          a source archive of HEAD"

.DELETE_ON_ERROR:

-include $(shell find $(BUILD)/src $(BUILD)/backends $(BUILD)/tests -name '*.d' 2>/dev/null)
