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
officer[new]=siti
regency
form=(--set kk=3203120101150007 --set village=3203102001 --set request=baru --set recorded=ya)
N=$(js van3 apply --service ktp-el --nik 3203125508900018 --name "Dewi Lestari" "${form[@]}" | jq -r .number)
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
on_bus tests/devices/scanner_duplex page-bytes=9000 tests/devices/tm80 -- "${line[@]}" --json devices --test-print --test-scan "$T/test.png" >"$T/out"
same "test print, test scan" "$(jq -c '[.rows[] | [.check, .level]]' "$T/out")" '[["print","ok"],["scan","ok"]]'
same "its picture" "$(head -c4 "$T/test.png" | tail -c3)" PNG
exits 4 on_bus tests/devices/bare -- "${line[@]}" devices --test-scan "$T/none.png"
[ ! -e "$T/none.png" ] || fail "a picture of nothing"
step "devices, and tests of them"

# From the glass, the settings as the kind of document asks; from the feeder, each page a document.
on_bus tests/devices/scanner_duplex page-bytes=9000 -- "${line[@]}" --json scan "$N" --kind kk --source platen --color gray >"$T/out"
same "one page" "$(jq -c '[.end, .kept, .source, .dpi, .colour, (.pages | length), .pages[0].ordinal]' "$T/out")" \
    '["done",1,"platen",300,"gray",1,1]'
same "kept" "$(arrived)" 1
js van3 document "$N" 1 -o "$T/page.jpg" >"$T/out"
same "a JPEG" "$(head -c2 "$T/page.jpg" | od -An -tx1 | tr -d ' ')" ffd8
on_bus tests/devices/scanner_duplex sheets=3 page-bytes=8000 -- "${line[@]}" scan "$N" --kind f-1-02 --dpi 200 >"$T/out" 2>"$T/err"
has "$(<"$T/out")" "page 3: document 4, f-1-02, application $N"
has "$(<"$T/out")" "done, 3 pages kept"
same "kept" "$(arrived)" 4
same "its log" "$(js van3 log "$N" | jq '[.events[] | select(.kind == "document.attached")] | length')" 4
step "glass and feeder"

# Unplugged in the middle of a batch: what came is kept; plugged in again, the same command goes on.
cat >"$T/twice" <<'END'
#!/bin/bash
"$@" >"$TMP_T/first" 2>"$TMP_T/first.err"
echo $? >"$TMP_T/code"
for try in {1..50}; do
    [ -e /sys/bus/usb/devices/1-1 ] && break
    sleep 0.1
done
"$@" >"$TMP_T/second" 2>"$TMP_T/second.err"
END
chmod +x "$T/twice"
export TMP_T=$T
before=$(arrived)
on_bus tests/devices/scanner_duplex sheets=8 page-bytes=7000 slow-ms=20 unplug-page=4 replug-ms=300 -- "$T/twice" "${line[@]}" --json \
    scan "$N" --kind kk --source adf --color gray || fail "not resumed: $(cat "$T/first" "$T/second" "$T/second.err")"
same "exit code of the pulled cable" "$(<"$T/code")" 4
first=$(jq .kept "$T/first")
[ "$first" -ge 2 ] && [ "$first" -le 4 ] || fail "kept $first"
same "what it says" "$(jq -c '[.end, .resumable, .error]' "$T/first")" '["gone",true,"eio"]'
has "$(<"$T/first.err")" "Run the same command to go on."
same "the numbers go on" "$(jq -c '[.end, .pages[0].page]' "$T/second")" "[\"done\",$((first + 1))]"
same "every page that was told is kept" "$(($(arrived) - before))" "$(jq -s '[.[].pages[] | select(.twice | not)] | length' "$T/first" "$T/second")"
on_bus tests/devices/scanner_duplex sheets=8 page-bytes=7300 slow-ms=20 unplug-page=4 replug-ms=300 -- "$T/twice" "${line[@]}" --json \
    scan "$N" --kind ktp-lama --source duplex --color gray || fail "not resumed: $(cat "$T/first" "$T/second" "$T/second.err")"
if [ "$(jq .half_sheet "$T/first")" = true ]; then
    has "$(<"$T/first.err")" "Of the last sheet only the front was read"
    same "the sheet that lies there twice" "$(jq -r '.pages[0].warnings[].key' "$T/second" | grep -c again)" 1
else
    same "whole sheets" "$(($(jq .kept "$T/first") % 2))" 0
fi
step "unplugged after $first pages, $(jq .kept "$T/second") in the end"

# A jam, Ctrl-C, no scanner, a choice of two, what is not there: each says what to do.
exits 4 on_bus tests/devices/scanner_duplex sheets=9 page-bytes=5600 jam-at=2 -- "${line[@]}" --json scan "$N" --kind kk --source duplex
same "a jam" "$(jq -c '[.end, .resumable, .half_sheet, .kept, (.pages | length)]' "$T/out")" '["jam",true,true,1,1]'
says "Paper jam"
exits 4 on_bus tests/devices/bare -- "${line[@]}" scan "$N" --kind kk
says "No scanner was found. Connect its USB cable"
exits 4 on_bus tests/devices/bare -- "${line[@]}" --lang id scan "$N" --kind kk
says "Tidak ada pemindai"
exits 4 on_bus tests/devices/scanner_duplex -- "${line[@]}" scan "$N" --kind kk --scanner usb:1-9/X
says 'Scanner "usb:1-9/X" is not here now'
exits 1 on_bus tests/devices/scanner_duplex tests/devices/scanner_duplex -- "${line[@]}" scan "$N" --kind kk
says "Choose one with --scanner"
exits 1 on_bus tests/devices/scanner_duplex sheets=2 -- "${line[@]}" scan "$N" --kind ijazah
says "kind of document is unknown"
same "nothing was drawn in" "$(sed -n 's/.*created=\([0-9]*\).*/\1/p' "$T/err")" 0
exits 4 on_bus tests/devices/scanner_duplex -- "${line[@]}" scan "$N" --kind kk --source adf
says "The feeder is empty"
exits 2 jem van3 scan "$N"
exits 2 jem van3 scan "$N" --kind kk --source tray
exits 2 jem van3 scan "$N" --kind kk --color sepia
cat >"$T/stop" <<'END'
#!/bin/bash
"$@" &
until [ -s "$TMP_T/out" ]; do sleep 0.05; done # the first page was told
kill -INT $!
wait $!
END
chmod +x "$T/stop"
before=$(arrived)
exits 4 on_bus tests/devices/scanner_duplex sheets=30 page-bytes=6500 slow-ms=20 -- "$T/stop" "${line[@]}" scan "$N" --kind surat-polisi \
    --source adf --scanner usb:1-1/SN-200
says "The scan was cancelled."
told=$(grep -c '^page' "$T/out")
[ "$told" -ge 1 ] && [ "$told" -lt 20 ] || fail "stopped after $told pages"
same "kept" "$(($(arrived) - before))" "$told"
step "trouble, and what to do"

# Papers of two people in one feeder, the receipt of the second between them; a page of text has a preview in two tones.
M=$(js van3 apply --service ktp-el --nik 3203011203850001 --name "Budi Santoso" "${form[@]}" | jq -r .number)
js van3 receipt "$M" --format pdf --width 80 -o "$T/receipt.pdf" >"$T/out"
"$B/tests/fixtures" pdf "$T/text.pdf" 2
pdftoppm -jpeg -gray -r 150 "$T/receipt.pdf" "$T/receipt"
pdftoppm -jpeg -gray -r 100 "$T/text.pdf" "$T/text"
before=$(arrived)
on_bus tests/devices/scanner_duplex sheets=3 "page-1=$T/text-1.jpg" "page-2=$(echo "$T"/receipt*.jpg)" "page-3=$T/text-2.jpg" -- \
    "${line[@]}" --json scan "$N" --kind kk --source adf --color bw >"$T/out" 2>"$T/err" || fail "$(cat "$T/out" "$T/err")"
same "each to its own" "$(jq -c '[.pages[].number]' "$T/out")" "[\"$N\",\"$M\"]"
same "kept at the first" "$(($(arrived) - before))" 1
same "kept at the second" "$(js van3 show "$M" | jq '[.documents[].items[]] | length')" 1
js van3 document "$M" 1 --page 1 -o "$T/preview" >"$T/out"
same "a preview in two tones" "$(head -c4 "$T/preview" | tail -c3)" PNG
step "a receipt between the sheets"

finding() { jq -r --arg check "$1" --arg level "$2" '[.findings[] | select(.check == $check and .level == $level)] | length' "$T/out"; }
text_of() { jq -r --arg check "$1" '.findings[] | select(.check == $check) | .text' "$T/out"; }
js van3 sync >"$T/out"
exits 0 on_bus tests/devices/scanner_duplex tests/devices/tm80 tests/devices/hid_pos -- "${line[@]}" --json doctor
same "no fault" "$(jq -c '[.ok, ([.findings[] | select(.level == "fault")] | length)]' "$T/out")" '[true,0]'
for check in scanner printer reader disk hub; do
    [ "$(finding $check fault)" = 0 ] && [ "$(finding $check ok)$(finding $check note)" != 00 ] || fail "$check: $(<"$T/out")"
done
exits 4 on_bus tests/devices/tm80 -- "${line[@]}" --json doctor
same "the chosen scanner is gone" "$(finding scanner fault)" 1
has "$(text_of scanner)" "Check its cable and power"
# One that another program has open.
exits 4 on_bus tests/devices/scanner_duplex tests/devices/scanner_quirky -- "${line[@]}" --json doctor
same "a held scanner" "$(finding scanner fault)" 1
has "$(text_of scanner)" "is in use by vusb_run"
exits 4 on_bus tests/devices/scanner_duplex tests/devices/scanner_quirky -- "${line[@]}" --lang id doctor
has "$(<"$T/out")" "GANGGUAN"
exits 0 on_bus tests/devices/bare -- "$JEMPUT" -C "$T/van7" --user budi --passphrase-file "$(pass van7)" --json doctor
same "no devices, never synced: notes" "$(finding scanner note)$(finding printer note)$(finding hub note)" 111
jem new init --role van --name "Van baru" >"$T/out"
exits 4 on_bus tests/devices/bare -- "$JEMPUT" -C "$T/new" --user siti --passphrase-file "$(pass new)" --json doctor
same "not enrolled" "$(finding hub fault)" 1
step "doctor"

# Both sides of a card on one page: from a duplex feeder at once, from the glass when it was turned; nobody there to turn it: one side.
C=$(js van3 apply --service ktp-el --nik 3203015203870002 --name "Rina Marlina" "${form[@]}" | jq -r .number)
on_bus tests/devices/scanner_duplex sheets=2 page-bytes=5100 -- "${line[@]}" --json scan "$C" --kind kk --source duplex --card >"$T/out" 2>"$T/err" || fail "$(cat "$T/err")"
same "two sides, one document" "$(js van3 show "$C" | jq '[.documents[].items[]] | length')" 1
printf '#!/bin/bash\nprintf "\\n" | "$@"\n' >"$T/turn"
chmod +x "$T/turn"
on_bus tests/devices/scanner_duplex page-bytes=5200 -- "$T/turn" "${line[@]}" --json scan "$C" --kind ktp-lama --source platen --card >"$T/out" 2>"$T/err" || fail "$(cat "$T/err")"
has "$(<"$T/err")" "Turn the card on the glass"
same "turned on the glass" "$(js van3 show "$C" | jq '[.documents[].items[]] | length')" 2
on_bus tests/devices/scanner_duplex page-bytes=5300 -- "${line[@]}" --json scan "$C" --kind f-1-02 --source platen --card >"$T/out" 2>"$T/err" </dev/null || fail "$(cat "$T/err")"
same "one side is kept as well" "$(js van3 show "$C" | jq '[.documents[].items[]] | length')" 3
on_bus tests/devices/scanner_duplex -- "${line[@]}" --json scan --list >"$T/out"
same "scan --list" "$(jq -r '.scanners[0].name' "$T/out")" "Uji Pindai 200"
step "cards, scan --list"

# A counter's work in one command; a scanner that is not there keeps nobody from being recorded, a form that is refused draws nothing in.
on_bus tests/devices/scanner_duplex sheets=2 page-bytes=4200 tests/devices/tm80 -- "${line[@]}" --json apply --service ktp-el --nik 3203014107900003 \
    --name "Nia Kurnia" "${form[@]}" --scan kk --source adf --print >"$T/out" 2>"$T/err" || fail "$(cat "$T/err")"
same "scanned and printed" "$(jq -c '[(.scanned | length), .print.state]' "$T/out")" '[2,"printed"]'
A=$(jq -r .number "$T/out")
same "its documents" "$(js van3 show "$A" | jq -c '[([.documents[].items[]] | length), .receipts]')" '[2,1]'
exits 4 on_bus tests/devices/bare -- "${line[@]}" --json apply --service ktp-el --nik 3203014107900004 --name "Nia Dua" "${form[@]}" --scan kk --print
same "recorded all the same" "$(jq -r '.number | length' "$T/out")" 14
says "jemput scan $(jq -r .number "$T/out") --kind"
exits 1 on_bus tests/devices/scanner_duplex sheets=2 -- "${line[@]}" apply --service ktp-el --nik 3203 --name "Nia" "${form[@]}" --scan kk --source adf
same "nothing was drawn in" "$(sed -n 's/.*created=\([0-9]*\).*/\1/p' "$T/err")" 0
step "apply with scanner and printer"
