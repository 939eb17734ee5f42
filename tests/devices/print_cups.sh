#!/usr/bin/env bash
# print_cups.sh - receipts to office printers through a CUPS of this suite's own, whose back end writes into a file. lpstat says the
# same of a job that was printed and of one that was withdrawn: so the officer is asked, and a receipt counts as the officer says.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

mkdir -p "$T"/cups/{spool,cache,state,log,root,bin/backend,bin/filter,bin/daemon,bin/notifier}
cp /usr/lib/cups/daemon/cups-exec "$T/cups/bin/daemon/"
# A back end without arguments lists its devices; with them the document is its standard input or the sixth.
printf '#!/bin/sh\n[ $# -gt 0 ] || exit 0\ncat ${6:-} >%s\n' "$T/printed" >"$T/cups/bin/backend/usb"
chmod 700 "$T/cups/bin/backend/usb"
chmod 755 "$T"
printf 'Listen %s\nWebInterface No\nBrowsing No\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n<Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n' \
    "$T/cups/socket" >"$T/cups/cupsd.conf"
printf 'ServerBin %s\nServerRoot %s\nRequestRoot %s\nCacheDir %s\nStateDir %s\nAccessLog %s\nErrorLog %s\nPageLog %s\nTempDir %s\nSystemGroup root\n' \
    "$T/cups/bin" "$T/cups/root" "$T/cups/spool" "$T/cups/cache" "$T/cups/state" "$T/cups/log/access" "$T/cups/log/error" "$T/cups/log/page" \
    "$T/cups/spool" >"$T/cups/cups-files.conf"
/usr/sbin/cupsd -f -c "$T/cups/cupsd.conf" -s "$T/cups/cups-files.conf" 2>"$T/cups/stderr" &
cupsd=$!
at_exit+=("kill $cupsd")
export CUPS_SERVER=$T/cups/socket
for _ in $(seq 100); do
    lpstat -r 2>/dev/null | grep -q 'is running' && break
    sleep 0.1
done
lpadmin -p kantor -v "usb://Uji/Laser?serial=1" -E 2>/dev/null
lpadmin -p rusak -v "usb://Uji/Rusak?serial=2" -E 2>/dev/null
cupsdisable rusak
step "CUPS with two queues"

hub_of() { echo "$T/hub.git"; }
"$JEMPUT" hub init "$T/hub.git" >"$T/out"
regency
form=(--set kk=3203120101150007 --set village=3203102001 --set request=baru --set recorded=ya)
N=$(js van3 apply --service ktp-el --nik 3203125508900018 --name "Dewi Lestari" "${form[@]}" | jq -r .number)
M=$(js van3 apply --service ktp-el --nik 3203011203850001 --name "Budi Santoso" "${form[@]}" | jq -r .number)
exits 4 js van3 print "$N" --printer cups:kantor
same "nobody has heard of paper" "$(jq -r .state "$T/out")" unknown
same "a page" "$(head -c 5 "$T/printed")" %PDF-
[[ $(pdftotext "$T/printed" - | tr -d '\f\n') == *"$N"* ]] || fail "the number is not on the page"
exits 1 js van3 print "$N"
exits 0 js van3 print "$N" --paper yes
same "issued once" "$(js van3 log "$N" | jq '[.. | .kind? | select(. == "receipt.printed")] | length')" 1
step "a receipt through CUPS, and the officer's word"
exits 3 js van3 print "$M" --printer cups:hilang
js van3 print "$M" --printer cups:rusak >"$T/late" 2>"$T/late.err" &
late=$!
for _ in $(seq 100); do
    waiting=$(lpstat -o rusak | cut -d' ' -f1)
    [ -n "$waiting" ] && break
    sleep 0.1
done
cancel "$waiting"
wait $late && fail "a withdrawn job is printed"
same "withdrawn: who knows" "$(jq -r .state "$T/late")" unknown
exits 0 js van3 print "$M" --paper no
same "not issued" "$(js van3 log "$M" | jq '[.. | .kind? | select(. == "receipt.printed")] | length')" 0
step "a job that is withdrawn in CUPS"
