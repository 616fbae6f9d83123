# muster: the only build file. `make help` lists what it offers.
#
# One source tree, any number of builds: O= names the folder that a build lives in, SANITIZE= and
# COVERAGE= change what is built there. The targets below that need another build call make again
# with another O.

O        ?= build
CC       ?= cc
SANITIZE ?=
WERROR   ?= 1
COVERAGE ?=
# Places where an engine kills itself when a test asks for it (daemon/base/crashpoint.h).
CRASH_POINTS ?= $(if $(SANITIZE),1)
JOBS     ?= 2

VERSION   := 0.1.0
SOVERSION := 0
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
BINDIR      = $(PREFIX)/bin
SBINDIR     = $(PREFIX)/sbin
LIBDIR      = $(PREFIX)/lib$(addprefix /,$(shell $(CC) -print-multiarch 2>/dev/null))
INCLUDEDIR  = $(PREFIX)/include
MANDIR      = $(PREFIX)/share/man

OBJCOPY    ?= objcopy
PKG_CONFIG ?= pkg-config
DAEMON_PKGS := libevent_core inih jansson
CLI_PKGS    := jansson libproc2
LIB_PKGS    := jansson
TEST_PKGS   := cmocka

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla \
	-Wno-format-nonliteral
CFLAGS   ?= -O2 -g
HOUSE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -I$(O)/gen -DMUSTER_VERSION='"$(VERSION)"' $(WARNINGS) \
	-fno-common -fstack-protector-strong -fvisibility=hidden $(if $(WERROR),-Werror)
HOUSE_CFLAGS += $(if $(CRASH_POINTS),-DMUSTER_CRASH_POINTS)
HOUSE_LDFLAGS := -Wl,--as-needed -Wl,-z,relro -Wl,-z,now

# Fortified functions and sanitizers do not know of each other. A file's name in a message or in
# debug information is the one below this folder, wherever this folder is.
ifneq ($(SANITIZE),)
HOUSE_CFLAGS  += -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HOUSE_LDFLAGS += -fsanitize=$(SANITIZE)
else ifneq ($(COVERAGE),)
# Nothing is to be written between clone and exec, where memory is shared: gcc would do so.
HOUSE_CFLAGS  += --coverage -fno-builtin-execve
HOUSE_LDFLAGS += --coverage
else
HOUSE_CFLAGS  += $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) \
	-ffile-prefix-map=$(CURDIR)/=
endif

COMMON_SRC := $(wildcard common/*.c)
DAEMON_SRC := $(wildcard daemon/*/*.c)
CLI_SRC    := $(filter-out cli/main.c,$(wildcard cli/*.c))
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
FAKE_SRC   := $(wildcard tests/unit/fake_*.c)
HELPER_SRC := $(wildcard tests/helper/*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz_*.c)
API_TEXT   := $(sort $(wildcard common/api/*.varlink))

COMMON_OBJ := $(COMMON_SRC:%.c=$(O)/obj/%.o) $(O)/obj/gen/descriptions.o
MAIN_OBJ   := $(patsubst %.c,$(O)/obj/%.o,$(wildcard daemon/*.c))
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(O)/obj/%.o)
CLI_OBJ    := $(CLI_SRC:%.c=$(O)/obj/%.o)
LIB_OBJ    := $(filter $(O)/obj/common/client%,$(COMMON_OBJ))
# daemon/ and cli/ never meet in one program, so names of theirs may be the same.
UNIT_CLI_SRC := $(shell grep -ls '^\#include "cli/' $(UNIT_SRC) /dev/null)
UNIT_BIN   := $(UNIT_SRC:tests/unit/%.c=$(O)/unit/%)
HELPER_BIN := $(HELPER_SRC:tests/helper/%.c=$(O)/helper/%)
FUZZ_BIN   := $(FUZZ_SRC:tests/fuzz/%.c=$(O)/fuzz/%)
ALL_SRC    := $(wildcard common/*.c daemon/*.c daemon/*/*.c cli/*.c tests/unit/*.c tests/helper/*.c \
	tests/fuzz/*.c tests/bench/*.c)

# The scripts that a build without sanitizers has to pass too say so, and those that are for it only.
E2E_ALL   := $(sort $(wildcard tests/e2e/*.sh tests/e2e/*.py tests/compat/*.sh))
E2E_PLAIN := $(shell grep -lsE '^\# plain build (too|only)' $(E2E_ALL) /dev/null)
# Under fire: each crash point by itself, and a random killer for some seconds.
CHAOS     := tests/chaos/points.py tests/chaos/chaos.py
E2E       := $(filter-out $(shell grep -ls '^\# plain build only' $(E2E_ALL) /dev/null),$(E2E_ALL))

pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1))
link = $(CC) $(HOUSE_LDFLAGS) $(LDFLAGS)
# One line a file; V=1 shows the commands.
show = $(if $(V),,@echo "  $(1) $@";)

##: build musterd, muster and libmuster
.PHONY: all
all: $(O)/musterd $(O)/muster $(O)/libmuster.a $(O)/libmuster.so.$(SOVERSION)

# Says which package is missing before the compiler says which header is.
$(O)/found-%: tests/setup.sh
	@mkdir -p $(@D)
	@sh tests/setup.sh --check $*
	@touch $@

$(O)/musterd: $(MAIN_OBJ) $(O)/libdaemon.a $(O)/libcommon.a
	$(call show,LINK)$(link) -pie -o $@ $^ $(call pkg_libs,$(DAEMON_PKGS))

$(O)/muster: $(O)/obj/cli/main.o $(O)/libcli.a $(O)/libcommon.a
	$(call show,LINK)$(link) -pie -o $@ $^ $(call pkg_libs,$(CLI_PKGS))

$(O)/libcommon.a: $(COMMON_OBJ)
$(O)/libdaemon.a: $(DAEMON_OBJ)
$(O)/libcli.a: $(CLI_OBJ)
$(O)/libcommon.a $(O)/libdaemon.a $(O)/libcli.a:
	@rm -f $@
	$(call show,AR  )$(AR) rcs $@ $^

# libmuster is the client and what it needs of common/. Only what muster.h declares is visible in
# either form: a program that links the static one may have a parse_int() of its own.
$(O)/obj/libmuster.o: $(LIB_OBJ) $(O)/libcommon.a
	$(call show,LINK)$(LD) -r -o $@.tmp $^ && $(OBJCOPY) --localize-hidden $@.tmp $@
	@rm -f $@.tmp

$(O)/libmuster.a: $(O)/obj/libmuster.o
	@rm -f $@
	$(call show,AR  )$(AR) rcs $@ $^

$(O)/libmuster.so.$(SOVERSION): $(LIB_OBJ) $(O)/libcommon.a
	$(call show,LINK)$(link) -shared -Wl,-soname,$(@F) -o $@ $^ $(call pkg_libs,$(LIB_PKGS))

$(O)/obj/%.o: %.c | $(O)/found-build
	@mkdir -p $(@D)
	$(call show,CC  )$(CC) $(HOUSE_CFLAGS) $(if $(filter common/%,$<),-fPIC,-fPIE) $(CFLAGS) -MMD -MP -c -o $@ $<

# The interface descriptions that the daemon gives out are the files in common/api, as they are.
$(O)/gen/descriptions.c: $(API_TEXT) common/api/embed.sh
	@mkdir -p $(@D)
	$(call show,GEN )sh common/api/embed.sh $(API_TEXT) >$@

$(O)/obj/gen/%.o: $(O)/gen/%.c | $(O)/found-build
	@mkdir -p $(@D)
	$(call show,CC  )$(CC) $(HOUSE_CFLAGS) -fPIC $(CFLAGS) -MMD -MP -c -o $@ $<

# A unit test is one program: the test, the fakes it names in its first line `/* fakes: x y */`, the
# archives of the house it looks into. The fakes come first, so that they stand in for the members of
# the archives.
fakes_of = $(addprefix $(O)/obj/tests/unit/,$(addsuffix .o,$(shell \
	sed -n '1s|^/\* fakes: \(.*\) \*/$$|\1|p' $(1))))

define unit_rule
$(O)/unit/$(1): $(O)/obj/tests/unit/$(1).o $(call fakes_of,tests/unit/$(1).c) \
	$(if $(filter tests/unit/$(1).c,$(UNIT_CLI_SRC)),$(O)/libcli.a,$(O)/libdaemon.a)
endef
$(foreach test,$(UNIT_SRC:tests/unit/%.c=%),$(eval $(call unit_rule,$(test))))

$(UNIT_BIN): $(O)/libcommon.a | $(O)/found-test
	@mkdir -p $(@D)
	$(call show,LINK)$(link) -pie -o $@ $(filter %.o,$^) $(filter-out %/libcommon.a,$(filter %.a,$^)) \
		$(O)/libcommon.a $(call pkg_libs,$(DAEMON_PKGS) $(CLI_PKGS) $(TEST_PKGS))

# Programs that the tests supervise, and that play a client.
$(O)/helper/%: $(O)/obj/tests/helper/%.o $(O)/libcommon.a
	@mkdir -p $(@D)
	$(call show,LINK)$(link) -pie -o $@ $(filter %.o,$^) $(filter %/libdaemon.a,$^) \
		$(filter %/libcommon.a,$^) $(call pkg_libs,$(if $(filter %/libdaemon.a,$^),$(DAEMON_PKGS),$(LIB_PKGS)))

# Shows what the daemon reads from a configuration.
$(O)/helper/config-dump: $(O)/libdaemon.a

# A fuzzer names its fakes as a unit test does.
define fuzz_rule
$(O)/fuzz/$(1): $(O)/obj/tests/fuzz/$(1).o $(call fakes_of,tests/fuzz/$(1).c)
endef
$(foreach fuzzer,$(FUZZ_SRC:tests/fuzz/%.c=%),$(eval $(call fuzz_rule,$(fuzzer))))

$(FUZZ_BIN): $(O)/obj/tests/fuzz/main.o $(O)/libdaemon.a $(O)/libcommon.a
	@mkdir -p $(@D)
	$(call show,LINK)$(link) -pie -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		$(call pkg_libs,$(DAEMON_PKGS))

# --- tests ---

.PHONY: unit-programs test-programs
unit-programs: $(UNIT_BIN) $(HELPER_BIN)
test-programs: $(UNIT_BIN) $(HELPER_BIN) $(FUZZ_BIN) $(O)/musterd $(O)/muster

asan = $(MAKE) -j$(JOBS) O=build/asan SANITIZE=address,undefined
plain = $(MAKE) -j$(JOBS) O=build SANITIZE=

##: under fire for SECONDS=600 together: a random killer with SEED=, with sanitizers and without
.PHONY: chaos
SECONDS ?= 600
SEED    ?= $(shell date +%s)
chaos:
	@sh tests/setup.sh build test
	@$(asan) test-programs
	@$(MAKE) -j$(JOBS) O=build/chaos SANITIZE= CRASH_POINTS=1 all $(HELPER_BIN:$(O)/%=build/chaos/%)
	@failed=; for build in build/asan build/chaos; do for test in $(CHAOS); do \
		MUSTER_BUILD=$(CURDIR)/$$build TEST_LOG=$(CURDIR)/$$build/test-logs/chaos \
			CHAOS_SECONDS=$$(($(SECONDS) / 2)) CHAOS_SEED=$(SEED) python3 $$test || failed=1; \
	done; done; test -z "$$failed"

##: install what the tests need, build with sanitizers, run all tests
.PHONY: test
test:
	@sh tests/setup.sh build test
	@$(asan) test-programs
	@$(plain) all $(HELPER_BIN:$(O)/%=build/%)
	@sh tests/run.sh O=build/asan $(CHAOS) $(UNIT_BIN:$(O)/%=build/asan/%) \
		$(FUZZ_BIN:$(O)/%=build/asan/%) $(E2E) O=build $(E2E_PLAIN)

##: the unit tests alone, of the build in O
.PHONY: unit
unit: unit-programs
	@sh tests/run.sh O=$(O) $(UNIT_BIN)

##: the end-to-end tests alone (E2E=tests/e2e/x.sh for one), of the build in O
.PHONY: e2e
e2e: test-programs
	@sh tests/run.sh O=$(O) $(E2E)

##: the fuzzers alone, a short run each, of the build in O
.PHONY: fuzz
fuzz: $(FUZZ_BIN)
	@sh tests/run.sh O=$(O) $(FUZZ_BIN)

##: boot a Debian with systemd in a container and test the units there (root)
.PHONY: test-systemd
test-systemd:
	@sh tests/setup.sh build systemd
	@$(plain) all
	@bash tests/systemd/run.sh

##: check the rules of the house
.PHONY: lint
lint:
	@sh tests/setup.sh build lint
	@python3 tests/lint/lint.py

##: check (not change) the format of all C files
.PHONY: check-format
check-format:
	@python3 tests/lint/lint.py format

##: how much of daemon/ and common/ the tests run through; 85 % of lines at least
.PHONY: coverage
coverage:
	@sh tests/setup.sh build test coverage
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) -j$(JOBS) O=build/coverage SANITIZE= COVERAGE=1 CFLAGS='-O0 -g' test-programs
	-@sh tests/run.sh O=build/coverage $(UNIT_BIN:$(O)/%=build/coverage/%) $(E2E)
	@gcovr --root . --filter 'daemon/' --filter 'common/' --exclude-unreachable-branches \
		--html-details build/coverage/index.html --txt build/coverage/lines.txt \
		--fail-under-line 85 --print-summary build/coverage/obj >build/coverage/summary.txt; \
		status=$$?; sed -n '/^File/,$$p' build/coverage/lines.txt; \
		cat build/coverage/summary.txt; exit $$status

##: measure against other supervisors (ONLY=restart for one row)
.PHONY: bench
bench:
	@sh tests/setup.sh build bench
	@$(plain) all
	@tests/bench/run

# --- use ---

##: install what is missing, build, and walk through the main job with real programs
.PHONY: demo
demo:
	@sh tests/setup.sh build demo
	@$(plain) -s all
	@sh tests/demo.sh

##: the daemon in the foreground, on the demo's programs, in a private directory
.PHONY: run
run: all
	@sh tests/demo.sh --run $(O)

# What names a place is a template: @x@ is filled in here.
fill = sed -e 's|@bindir@|$(BINDIR)|g' -e 's|@sbindir@|$(SBINDIR)|g' -e 's|@libdir@|$(LIBDIR)|g' \
	-e 's|@includedir@|$(INCLUDEDIR)|g' -e 's|@prefix@|$(PREFIX)|g' \
	-e 's|@sysconfdir@|$(SYSCONFDIR)|g' -e 's|@version@|$(VERSION)|g'

# Template and where it goes below the prefix, or below /.
TEMPLATES := systemd/musterd.service.in:$(PREFIX)/lib/systemd/system/musterd.service \
	systemd/user/musterd.service.in:$(PREFIX)/lib/systemd/user/musterd.service \
	systemd/musterd.tmpfiles.in:$(PREFIX)/lib/tmpfiles.d/musterd.conf \
	systemd/musterd.sysusers.in:$(PREFIX)/lib/sysusers.d/musterd.conf \
	common/muster.pc.in:$(LIBDIR)/pkgconfig/muster.pc
MANUALS := $(wildcard docs/*.[1-8])
manual_path = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))
CONFIG_FILE = $(SYSCONFDIR)/muster/muster.conf
LOG_DIR     = /var/log/muster
# supervisord's defaults are files in the working directory, which is / for a service.
place_files = sed -e 's|^;logfile=supervisord.log$$|logfile=$(LOG_DIR)/musterd.log|' \
	-e 's|^;pidfile=supervisord.pid$$|pidfile=/run/muster/musterd.pid|' \
	-e 's|^;childlogdir=$$|childlogdir=$(LOG_DIR)|'

##: install below PREFIX (and DESTDIR)
.PHONY: install
install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(SBINDIR) $(LIBDIR) $(INCLUDEDIR))
	install -m 755 $(O)/musterd $(DESTDIR)$(SBINDIR)/musterd
	install -m 755 $(O)/muster $(DESTDIR)$(BINDIR)/muster
	install -m 644 $(O)/libmuster.a $(DESTDIR)$(LIBDIR)/libmuster.a
	install -m 644 $(O)/libmuster.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libmuster.so.$(SOVERSION)
	ln -sf libmuster.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libmuster.so
	install -m 644 common/muster.h $(DESTDIR)$(INCLUDEDIR)/muster.h
	@set -e; for manual in $(foreach m,$(MANUALS),$(m):$(call manual_path,$(m))); do \
		echo "$${manual%%:*} -> $(DESTDIR)$${manual#*:}"; \
		install -D -m 644 "$${manual%%:*}" "$(DESTDIR)$${manual#*:}"; \
	done
	@set -e; for template in $(TEMPLATES); do \
		to="$(DESTDIR)$${template#*:}"; \
		echo "$${template%%:*} -> $$to"; \
		install -d "$${to%/*}"; \
		$(fill) "$${template%%:*}" >"$$to"; \
		chmod 644 "$$to"; \
	done
	install -d $(DESTDIR)$(dir $(CONFIG_FILE)) $(DESTDIR)$(LOG_DIR)
	@test -e $(DESTDIR)$(CONFIG_FILE) || \
		{ $(place_files) conf/muster.conf >$(DESTDIR)$(CONFIG_FILE); chmod 644 $(DESTDIR)$(CONFIG_FILE); }
	@test -n "$(DESTDIR)" || ! test -w /etc/ld.so.cache || ldconfig

##: remove what install put there, but for the configuration
.PHONY: uninstall
uninstall:
	rm -f $(addprefix $(DESTDIR),$(SBINDIR)/musterd $(BINDIR)/muster $(LIBDIR)/libmuster.a \
		$(LIBDIR)/libmuster.so.$(SOVERSION) $(LIBDIR)/libmuster.so $(INCLUDEDIR)/muster.h \
		$(foreach t,$(TEMPLATES),$(lastword $(subst :, ,$(t)))) \
		$(foreach m,$(MANUALS),$(call manual_path,$(m))))

##: remove everything that was built
.PHONY: clean
clean:
	rm -rf build

##: this list
.PHONY: help
help:
	@sed -n '/^##: /{s///;h;n;n;s/:.*//;G;s/\n/\t/;p;}' Makefile | expand -t 16

# For tests/lint: how C is compiled here, and every object without linking.
.PHONY: print-cflags objects
print-cflags:
	@echo '$(subst ','\'',$(HOUSE_CFLAGS))'
objects: $(ALL_SRC:%.c=$(O)/obj/%.o) $(O)/obj/gen/descriptions.o

.SECONDARY:
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
