# Makefile - builds build/jemput, its tests and its tools.
#
#   make            the program          make lint     style, headers, archive directions
#   make run        the demo regency     make asan     unit and device suites under ASan and UBSan
#   make test       every suite          make tsan     the devices under ThreadSanitizer
#   make bench      the budget table     make install  PREFIX=/usr/local DESTDIR=
#   make format     clang-format         make soak     long crash and property runs
#   make vm         the devices under a real kernel, in a virtual machine
#   make fuzz       libFuzzer goes on from the corpus of what hostile bytes reach
#
# A room is a folder of sources and one static archive. CLOSURE_<room> is the room and what stands to the
# left of it in the house: a unit suite links with nothing else, so that a wrong dependency fails to link.

B ?= build
PREFIX ?= /usr/local
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# What a fresh Debian 12 has to get. Only what is missing is installed.
DEB_BUILD := gcc libc6-dev make pkg-config git ca-certificates nodejs npm \
	libsodium-dev libjansson-dev libzstd-dev libgit2-dev libcurl4-openssl-dev libqrencode-dev \
	libcairo2-dev libpango1.0-dev libleptonica-dev libjpeg62-turbo-dev libpng-dev zlib1g-dev libmicrohttpd-dev libgnutls28-dev \
	poppler-utils fonts-dejavu-core fonts-noto-core openssh-client \
	libusb-1.0-0-dev libexpat1-dev libsane-dev libzbar-dev libpq-dev cups-client
DEB_TEST := libcmocka-dev zbar-tools librsvg2-bin zstd jq curl nginx-light fcgiwrap openssh-server chromium-headless-shell \
	dosfstools fusefat sane-utils umockdev libumockdev-dev libglib2.0-dev cups-daemon postgresql
DEB_BENCH := fossil rsync wrk
DEB_OPTIONAL := espeak-ng # says the numbers of the queue aloud, where it is installed
DEB_LINT := clang-format cppcheck
DEB_FUZZ := clang libclang-rt-14-dev
# The machine of `make vm`. Its kernel is downloaded and unpacked by tests/vm/run, never installed here.
DEB_VM := qemu-system-x86 busybox-static libusbredirparser-dev udev kmod cpio

ROOMS := base record store receipt hw sync app web cli
DIR_base := src/base
DIR_record := src/record
DIR_store := src/store
DIR_receipt := src/receipt
DIR_hw := hw
DIR_sync := sync
DIR_app := src/app
DIR_web := src/web
DIR_cli := src/cli

CLOSURE_base := base
CLOSURE_record := record base
CLOSURE_store := store record base
CLOSURE_receipt := receipt store record base
CLOSURE_hw := hw base
CLOSURE_sync := sync receipt store record base
CLOSURE_app := app sync receipt hw store record base
CLOSURE_web := web $(CLOSURE_app)
CLOSURE_cli := cli web $(CLOSURE_app)

# pkg-config names that a room's own files may include.
PKG_base := jansson libsodium
PKG_record := jansson libsodium
PKG_store := jansson libsodium
PKG_receipt := jansson libsodium pangocairo cairo libqrencode
PKG_hw := jansson libsodium lept libjpeg libpng libusb-1.0 expat zbar
PKG_sync := jansson libsodium libgit2 libcurl libzstd zlib
PKG_app := jansson libsodium libpq
PKG_web := jansson libsodium libmicrohttpd gnutls zlib
PKG_cli := jansson libsodium
PKG_TEST := cmocka
PKG_DEVICES := umockdev-1.0 gio-2.0

# One short line a step; V=1 shows the commands.
ifneq ($(V),1)
Q := @
say = @printf '  %-4s %s\n' $(1) $(2)
endif

STD := -std=c17 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror
OPT ?= -O2 -g
HARDEN ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2
SAN ?=
CFLAGS_ALL = $(STD) $(WARN) $(OPT) $(HARDEN) -fPIE -MMD -MP $(SAN) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SAN) $(LDFLAGS) -lm
INC := -Iinclude -Isrc/base

# SQLite3 Multiple Ciphers: compiled once, not under $(B). Its only cipher here is AEGIS, whose code picks
# AES-NI, VAES or plain C at run time. Temporary tables stay in memory: a file would be plain text.
NPM_STAMP := src/npm/node_modules/.package-lock.json
SQLITE_DIR := src/npm/node_modules/better-sqlite3-multiple-ciphers/deps/sqlite3
SQLITE_O := build/third/sqlite3.o
SQLITE_OPT := -O2 -w -fPIE -DSQLITE_ENABLE_FTS5 -DSQLITE_DQS=0 -DSQLITE_DEFAULT_WAL_SYNCHRONOUS=2 \
	-DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_DEPRECATED \
	-DSQLITE_DEFAULT_FOREIGN_KEYS=1 -DSQLITE_TEMP_STORE=2 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
	-DSQLITE_MAX_EXPR_DEPTH=200 -DSQLITE_USE_URI=0 \
	-DCODEC_TYPE=CODEC_TYPE_AEGIS -DHAVE_CIPHER_AES_128_CBC=0 -DHAVE_CIPHER_AES_256_CBC=0 \
	-DHAVE_CIPHER_CHACHA20=0 -DHAVE_CIPHER_SQLCIPHER=0 -DHAVE_CIPHER_RC4=0 -DHAVE_CIPHER_ASCON128=0
SYS_store := -isystem $(SQLITE_DIR)

.PHONY: all run test bench soak lint asan tsan format clean install deps deps-test tests-build devices-build vm fuzz fuzz-build
MAKEFLAGS += --no-print-directory
all: $(B)/jemput $(B)/jemput-sane

# ---- packages ---------------------------------------------------------------------------------------------
deps: build/.deps-build
deps-test: build/.deps-test
build/.deps-build: Makefile src/deps.sh ; @src/deps.sh $@ $(DEB_BUILD)
build/.deps-test: Makefile src/deps.sh ; @src/deps.sh $@ $(DEB_BUILD) $(DEB_TEST)
build/.deps-vm: Makefile src/deps.sh ; @src/deps.sh $@ $(DEB_BUILD) $(DEB_TEST) $(DEB_VM)
build/.deps-bench: Makefile src/deps.sh ; @src/deps.sh $@ $(DEB_BUILD) $(DEB_TEST) $(DEB_BENCH)

$(NPM_STAMP): src/npm/package-lock.json | build/.deps-build
	@mkdir -p build
	@flock build/.npm-lock sh -c '[ $@ -nt $< ] || { cd src/npm && npm ci --ignore-scripts --loglevel=error; }'
	@touch $@
$(SQLITE_DIR)/sqlite3.c $(SQLITE_DIR)/sqlite3.h: $(NPM_STAMP) ;

# Two builds with different B may start at once: the lock lets one compile, the other then finds it done.
$(SQLITE_O): $(SQLITE_DIR)/sqlite3.c | build/.deps-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)flock $(@D)/lock sh -c '[ $@ -nt $< ] || { $(CC) $(SQLITE_OPT) -c $< -o $@.$$$$ && mv $@.$$$$ $@; }'

# Flags of every pkg-config package, asked once. Headers of others are system headers: no warnings from them.
GOALS := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out clean format deps deps-test,$(GOALS)),)
include $(B)/pkg.mk
endif
ALL_PKG := $(sort $(foreach r,$(ROOMS),$(PKG_$(r))))
$(B)/pkg.mk: Makefile | build/.deps-build
	@mkdir -p $(@D)
	@for p in $(ALL_PKG); do \
	  c=$$(pkg-config --cflags $$p | sed 's/-I/-isystem/g') && l=$$(pkg-config --libs $$p) || exit 1; \
	  echo "C_$$p := $$c"; echo "L_$$p := $$l"; done >$@.tmp && mv $@.tmp $@

# ---- rooms --------------------------------------------------------------------------------------------------
libs_of = $(foreach r,$(CLOSURE_$(1)),$(B)/lib$(r).a) $(if $(filter store,$(CLOSURE_$(1))),$(SQLITE_O))
pkglibs_of = $(sort $(foreach r,$(CLOSURE_$(1)),$(foreach p,$(PKG_$(r)),$(L_$(p))))) -lm
cflags_of = $(INC) -I$(DIR_$(1)) $(SYS_$(1)) $(sort $(foreach p,$(PKG_$(1)),$(C_$(p))))

ASSETS_record := $(wildcard src/record/catalog/*.json src/record/catalog/*/*.json) \
	$(if $(wildcard src/record/tool_regions.c),$(B)/regions.bin)
ASSETS_store := $(wildcard src/store/*.sql)
ASSETS_receipt := $(wildcard src/receipt/assets/*)
ASSETS_sync := $(wildcard sync/assets/*)
ASSETS_app := $(wildcard src/app/*.sql src/app/assets/*)
ASSETS_web := $(wildcard src/web/assets/* src/web/static/* src/web/*.sql)
ASSETS_cli := $(wildcard src/cli/help/*)

define room
SRC_$(1) := $$(filter-out $(DIR_$(1))/main.c $(DIR_$(1))/tool_%.c,$$(wildcard $(DIR_$(1))/*.c))
OBJ_$(1) := $$(SRC_$(1):%.c=$(B)/o/%.o) $(if $(strip $(ASSETS_$(1))),$(B)/o/assets_$(1).o)
$(B)/lib$(1).a: $$(OBJ_$(1))
	$$(call say,AR,$$@)
	@rm -f $$@
	$$(Q)ar rcsD $$@ $$^
$(B)/o/$(DIR_$(1))/%.o: $(DIR_$(1))/%.c $(B)/pkg.mk $(if $(SYS_$(1)),$(SQLITE_DIR)/sqlite3.h)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(call cflags_of,$(1)) -c $$< -o $$@
$(B)/gen/assets_$(1).S: src/embed.sh $(sort $(ASSETS_$(1)))
	@mkdir -p $$(@D)
	@src/embed.sh $(1) $(DIR_$(1)) $(sort $(ASSETS_$(1))) >$$@
$(B)/o/assets_$(1).o: $(B)/gen/assets_$(1).S $(sort $(ASSETS_$(1)))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -c $$< -o $$@
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

# Host programs: src/<room>/tool_X.c -> $(B)/tool_X, linked with base only.
$(B)/tool_%: src/record/tool_%.c $(B)/libbase.a $(B)/pkg.mk
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -MF $@.d $(call cflags_of,record) $< $(B)/libbase.a -o $@ $(LDFLAGS_ALL) $(call pkglibs_of,base)
$(B)/regions.bin: $(B)/tool_regions $(NPM_STAMP)
	$(call say,GEN,$@)
	$(Q)$(B)/tool_regions src/npm/node_modules/idn-area-data/data $@

# The dictionary for segments is kept in the repository, for it is part of the format: who makes another one gives it
# another number, and keeps the old.
L_train := $(B)/libsync.a $(B)/librecord.a $(B)/libbase.a
$(B)/tool_train: sync/tool_train.c sync/tool_words.def $(L_train) $(B)/pkg.mk
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -MF $@.d $(call cflags_of,sync) $< $(L_train) -o $@ $(LDFLAGS_ALL) $(call pkglibs_of,sync)
.PHONY: dictionary
dictionary: $(B)/tool_train
	@mkdir -p sync/assets
	$(B)/tool_train sync/assets/dictionary-1.bin

$(B)/o/src/cli/main.o: $(wildcard src/cli/main.c)
$(B)/jemput: $(B)/o/src/cli/main.o $(call libs_of,cli)
	$(call say,LD,$@)
	$(Q)$(CC) $< $(call libs_of,cli) -o $@ $(LDFLAGS_ALL) $(call pkglibs_of,cli)

# The helper that loads libsane, so that jemput itself does not (hw/tool_sane.c).
O_SANE := $(patsubst %.c,$(B)/o/%.o,$(wildcard hw/tool_sane*.c))
$(B)/jemput-sane: $(O_SANE) $(B)/o/hw/sane_frame.o $(B)/libbase.a
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(LDFLAGS_ALL) -lsane $(L_libjpeg) $(call pkglibs_of,base)

# ---- tests --------------------------------------------------------------------------------------------------
# A C file under tests/ with a line "// room: store" is a program of its own, $(B)/tests/<name>, linked with
# that room's closure; the others are helpers that any of them may call.
T_ROOMED := $(shell grep -lE '^// room: [a-z]+' tests/*/*.c 2>/dev/null)
T_HELPERS := $(filter-out $(T_ROOMED) tests/vm/%,$(wildcard tests/*/*.c))
T_BINS := $(foreach f,$(T_ROOMED),$(B)/tests/$(basename $(notdir $(f))))
T_UNIT := $(foreach f,$(filter tests/unit/%,$(T_ROOMED)),$(B)/tests/$(basename $(notdir $(f))))
T_CFLAGS = -I$(<D) -Itests/unit $(sort $(foreach p,$(PKG_TEST),$(C_$(p)))) $(DEVICES_C)
T_LIBS = -lcmocka $(DEVICES_L)

# Virtual USB devices: tests/devices, and what measures over them.
T_DEVICES := $(filter tests/devices/%,$(T_ROOMED) $(T_HELPERS)) $(wildcard tests/bench/bench_scan.c tests/bench/bench_print.c)
T_DEVICE_BINS := $(foreach f,$(filter $(T_DEVICES),$(T_ROOMED)),$(B)/tests/$(basename $(notdir $(f))))
$(T_DEVICES:%.c=$(B)/o/%.o): DEVICES_C = -Ihw -Itests/devices $(shell pkg-config --cflags $(PKG_DEVICES) | sed 's/-I/-isystem/g')
$(T_DEVICE_BINS): DEVICES_L = $(shell pkg-config --libs $(PKG_DEVICES))

$(B)/tests/libhelpers.a: $(T_HELPERS:%.c=$(B)/o/%.o)
	@mkdir -p $(@D); rm -f $@
	$(Q)ar rcsD $@ $^
$(T_HELPERS:%.c=$(B)/o/%.o): $(B)/o/%.o: %.c $(B)/pkg.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) $(INC) $(foreach p,$(ALL_PKG),$(C_$(p))) $(T_CFLAGS) -c $< -o $@

# $(1) source, $(2) room
define testbin
$(B)/o/$(1:.c=.o): $(1) $(B)/pkg.mk $(if $(SYS_$(2)),$(SQLITE_DIR)/sqlite3.h)
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(call cflags_of,$(2)) $$(T_CFLAGS) -c $$< -o $$@
$(B)/tests/$(basename $(notdir $(1))): $(B)/o/$(1:.c=.o) $(B)/tests/libhelpers.a $$(call libs_of,$(2))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(filter %.o %.a,$$^) -o $$@ $$(LDFLAGS_ALL) $$(call pkglibs_of,$(2)) $$(T_LIBS) $$(FUZZER)
endef
$(foreach f,$(T_ROOMED),$(eval $(call testbin,$(f),$(shell sed -n 's,^// room: \([a-z]*\).*,\1,p;' $(f) | head -1))))

# It searches every table of every store of a district.
$(B)/o/tests/unit/test_gone.o: DEVICES_C = -Isrc/store $(SYS_store)

# The USB ports of `make vm`: the same virtual devices, and another bus than umockdev's.
O_VM := $(patsubst %.c,$(B)/o/%.o,$(wildcard tests/vm/*.c))
$(O_VM): $(B)/o/%.o: %.c $(B)/pkg.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) $(INC) -Itests/vm -Itests/devices -Itests/unit -c $< -o $@
$(B)/tests/vm_devices: $(O_VM) $(B)/tests/libhelpers.a $(call libs_of,base)
	$(call say,LD,$@)
	$(Q)$(CC) $^ -o $@ $(LDFLAGS_ALL) $(call pkglibs_of,base) $(L_libjpeg) -lusbredirparser

# The budget table measures against raw SQLite.
O_BENCH := $(patsubst %.c,$(B)/o/%.o,$(wildcard tests/bench/*.c))
$(O_BENCH): $(SQLITE_DIR)/sqlite3.h
$(O_BENCH): CFLAGS += $(SYS_store) -Isrc/store

tests-build: $(B)/jemput $(B)/jemput-sane $(T_BINS)
devices-build: $(B)/jemput $(B)/jemput-sane $(B)/tests/fixtures $(T_DEVICE_BINS)

WEB_STAMP := tests/web/node_modules/.package-lock.json
$(WEB_STAMP): tests/web/package-lock.json | build/.deps-test
	cd tests/web && npm ci --ignore-scripts --loglevel=error
	@touch $@

# What the budget table measures against. LevelDB comes prebuilt: no script of theirs runs.
BENCH_STAMP := tests/bench/npm/node_modules/.package-lock.json
$(BENCH_STAMP): tests/bench/npm/package-lock.json | build/.deps-bench
	cd tests/bench/npm && npm ci --ignore-scripts --loglevel=error
	@touch $@

# Every C file and header of ours.
OURS = $(wildcard include/jemput/*.h $(foreach r,$(ROOMS),$(DIR_$(r))/*.[ch]) tests/*/*.[ch])

# ---- what people call ---------------------------------------------------------------------------------------
run:
	@$(MAKE) $(JOBS) B=$(B) $(B)/jemput $(B)/jemput-sane
	@exec env JEMPUT=$(abspath $(B))/jemput src/cli/demo.sh

# Parallel by itself unless the caller chose a number of jobs.
JOBS = $(if $(findstring j,$(firstword -$(MAKEFLAGS)))$(findstring --jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

test: deps-test
	@$(MAKE) $(JOBS) B=$(B) tests-build $(WEB_STAMP)
	@tests/run $(B)

soak: export JEM_SOAK := 1
soak: test

vm: build/.deps-vm
	@$(MAKE) $(JOBS) B=$(B) $(B)/jemput $(B)/jemput-sane $(B)/tests/fixtures $(B)/tests/vm_devices
	@tests/vm/run $(B)

bench: build/.deps-bench
	@$(MAKE) $(JOBS) B=$(B) $(B)/jemput $(filter $(B)/tests/bench_% $(B)/tests/proxy,$(T_BINS)) $(BENCH_STAMP)
	@tests/bench/run $(B)

# The same archives with the sanitizers in (warnings off: the instrumented code makes false ones; the plain build has
# them as errors). The suites of units and devices run there, the end-to-end ones too with ASAN_E2E=1.
asan: deps-test $(WEB_STAMP)
	@$(MAKE) $(JOBS) B=$(B)/asan OPT='-O1 -g -fno-omit-frame-pointer' HARDEN= \
	  SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -w' tests-build
	@JEM_ASAN=1 tests/run $(B)/asan devices unit $(if $(filter 1,$(ASAN_E2E)),e2e)

# Where threads meet: the suites of devices. What libraries order by means of their own is in tests/tsan.supp. The one of the
# command line is left out: files in memory are known twice there, to umockdev and to the sanitizer, which then gives up.
tsan: deps-test $(WEB_STAMP)
	@$(MAKE) $(JOBS) B=$(B)/tsan OPT='-O1 -g -fno-omit-frame-pointer' HARDEN= SAN='-fsanitize=thread -w' devices-build
	@JEM_ASAN=1 ONLY=$${ONLY:-devices/[!c]*} tests/run $(B)/tsan devices

# Each target of tests/fuzz is searched on from its corpus for FUZZ_S seconds. The corpus itself replays in `make test`.
FUZZ_S ?= 60
FUZZ_BINS := $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: build/.deps-fuzz
	@$(MAKE) $(JOBS) B=$(B)/fuzz CC=clang OPT='-O1 -g -fno-omit-frame-pointer' HARDEN= FUZZER=-fsanitize=fuzzer \
	  SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DJEM_LIBFUZZER -w' fuzz-build
	@tests/fuzz/search $(B)/fuzz $(FUZZ_S)
fuzz-build: $(FUZZ_BINS)
build/.deps-fuzz: Makefile src/deps.sh ; @src/deps.sh $@ $(DEB_BUILD) $(DEB_TEST) $(DEB_FUZZ)

lint: build/.deps-lint
	@B=$(B) CC='$(CC)' tests/lint/lint $(OURS)
build/.deps-lint: Makefile src/deps.sh ; @src/deps.sh $@ $(DEB_BUILD) $(DEB_TEST) $(DEB_LINT)

format:
	clang-format -i $(or $(F),$(OURS))

install: $(B)/jemput $(B)/jemput-sane
	install -D -m 755 $(B)/jemput $(DESTDIR)$(PREFIX)/bin/jemput
	install -D -m 755 $(B)/jemput-sane $(DESTDIR)$(PREFIX)/libexec/jemput/jemput-sane
	install -D -m 644 hw/assets/70-jemput.rules $(DESTDIR)$(PREFIX)/lib/udev/rules.d/70-jemput.rules
	install -D -m 644 src/cli/jemput.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/jemput
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/jemput/catalog src/record/catalog/*.json
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/jemput/catalog/services src/record/catalog/services/*.json
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/jemput/LICENSE
	install -D -m 644 src/NOTICE.md $(DESTDIR)$(PREFIX)/share/doc/jemput/NOTICE.md
	install -D -m 644 src/npm/node_modules/idn-area-data/data/LICENSE.md \
	  $(DESTDIR)$(PREFIX)/share/doc/jemput/LICENSE.ODbL.md

-include $(shell find $(B)/o $(B)/tool_*.d -name '*.d' 2>/dev/null)

clean:
	rm -rf $(B)
