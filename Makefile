# muster: the only build file. `make help` lists what it offers.

O        ?= build
CC       ?= cc
SANITIZE ?=
WERROR   ?= 1
COVERAGE ?=

VERSION  := 0.1.0
PREFIX   ?= /usr/local

PKG_CONFIG ?= pkg-config
DAEMON_PKGS := libevent_core inih jansson
CLI_PKGS    := jansson libproc2
TEST_PKGS   := cmocka

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla \
	-Wno-format-nonliteral
CFLAGS   ?= -O2 -g
HOUSE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I. -I$(O)/gen -DMUSTER_VERSION='"$(VERSION)"' $(WARNINGS) \
	-fno-common -fstack-protector-strong -fvisibility=hidden $(if $(WERROR),-Werror)
HOUSE_LDFLAGS := -Wl,--as-needed -Wl,-z,relro

ifneq ($(SANITIZE),)
HOUSE_CFLAGS  += -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HOUSE_LDFLAGS += -fsanitize=$(SANITIZE)
endif
ifneq ($(COVERAGE),)
HOUSE_CFLAGS  += --coverage -O0
HOUSE_LDFLAGS += --coverage
endif

COMMON_SRC := $(wildcard common/*.c)
DAEMON_SRC := $(filter-out daemon/main.c,$(wildcard daemon/*/*.c))
CLI_SRC    := $(filter-out cli/main.c,$(wildcard cli/*.c))
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
API_TEXT   := $(sort $(wildcard common/api/*.varlink))

COMMON_OBJ := $(COMMON_SRC:%.c=$(O)/obj/%.o) $(O)/obj/gen/descriptions.o
DAEMON_OBJ := $(DAEMON_SRC:%.c=$(O)/obj/%.o)
CLI_OBJ    := $(CLI_SRC:%.c=$(O)/obj/%.o)
UNIT_BIN   := $(UNIT_SRC:tests/unit/%.c=$(O)/unit/%)

pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1))
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1))

.PHONY: all
all: $(O)/musterd $(O)/muster

$(O)/musterd: $(O)/obj/daemon/main.o $(O)/libdaemon.a $(O)/libcommon.a
	$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg_libs,$(DAEMON_PKGS))

$(O)/muster: $(O)/obj/cli/main.o $(O)/libcli.a $(O)/libcommon.a
	$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg_libs,$(CLI_PKGS))

$(O)/libcommon.a: $(COMMON_OBJ)
$(O)/libdaemon.a: $(DAEMON_OBJ)
$(O)/libcli.a: $(CLI_OBJ)
$(O)/lib%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOUSE_CFLAGS) $(if $(filter common/%,$<),-fPIC) $(CFLAGS) -MMD -MP -c -o $@ $<

# The interface descriptions that the daemon gives out are the files in common/api, as they are.
$(O)/gen/descriptions.c: $(API_TEXT) common/api/embed.sh
	@mkdir -p $(@D)
	sh common/api/embed.sh $(API_TEXT) >$@

$(O)/obj/gen/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(HOUSE_CFLAGS) -fPIC $(CFLAGS) -MMD -MP -c -o $@ $<

# A unit test is one program: the test, the fakes it names in a line `/* fakes: x y */`, the archives.
unit_fakes = $(shell sed -n 's|^/\* fakes: \(.*\) \*/|\1|p' $(1))
$(O)/unit/%: $(O)/obj/tests/unit/%.o $(O)/libdaemon.a $(O)/libcli.a $(O)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(HOUSE_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(call pkg_libs,$(DAEMON_PKGS) $(CLI_PKGS) $(TEST_PKGS))

.PHONY: unit
unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do echo "== $$t"; $$t || exit 1; done

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
