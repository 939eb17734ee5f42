#!/usr/bin/env bash
# cli.sh - devices, scan and doctor as an officer types them: the program itself, with virtual scanners and printers around it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 SANE_CONFIG_DIR=$T/sane CUPS_SERVER=$T/no-cups
mkdir "$T/sane"
: >"$T/sane/dll.conf" # no backend of SANE finds anything here
on_bus() { umockdev-wrapper "$B/tests/vusb_run" "$@"; }
line=("$JEMPUT" -C "$T/van3" --user siti --passphrase-file "$(pass van3)")
hub_of() { echo "$T/hub.git"; }
"$JEMPUT" hub init "$T/hub.git" >"$T/out"
regency
N=$(js van3 apply --service ktp-el --nik 3203125508900018 --name "Dewi Lestari" --set kk=3203120101150007 \
    --set village=3203102001 --set request=baru --set recorded=ya | jq -r .number)
arrived() { js van3 show "$N" | jq '[.documents[].items[]] | length'; }
step "an application without papers"

on_bus tests/devices/scanner_duplex sheets=2 tests/devices/tm80 tests/devices/hid_pos -- "${line[@]}" --json devices >"$T/out"
same "scanner" "$(jq -c '.scanners[] | [.id, .usable, .state, .adf, [.sources[].source]]' "$T/out")" \
    '["usb:1-1/SN-200",true,"idle","loaded",["platen","adf","adf-duplex"]]'
same "what the glass can do" "$(jq -c '.scanners[0].sources[0] | [.width_mm, .height_mm, .dpi, .colours]' "$T/out")" \
    '[216,297,[200,300,600],["bilevel","gray","colour"]]'
same "printer" "$(jq -c '.printers[] | [.profile, .width, .usable, .state]' "$T/out")" '["epson-576",80,true,"ready"]'
same "reader" "$(jq -c '.readers[] | [.via, .usable]' "$T/out")" '["hid",true]'
on_bus tests/devices/scanner_duplex -- "${line[@]}" devices >"$T/out"
has "$(<"$T/out")" "platen: 216 x 297 mm, 200 300 600 dpi, bilevel gray colour"
step "devices"
