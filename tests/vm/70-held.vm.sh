# A device that another program holds: its name is told; the kernel's driver is no obstacle.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
none_in
plug scanner_duplex tm80
out page-bytes scanner_duplex 9000 >"$T/ctl"
# Another program: it has opened and claimed the first interface through usbfs and the printer's node.
exec 8<>/dev/usb/lp2 || fail "no lp2"
exits 0 jem --json devices
same "not asked" "$(jq -c '.printers[] | select(.id | startswith("usb:1-2")) | [.usable, .state]' "$T/out")" '[true,"unknown"]'
exits 4 jem --json print "${N[2]}" --printer usb:1-2/J3C0012345
said "in use by /dev/usb/lp2"
exec 8>&-
out sheets scanner_duplex 60 >"$T/ctl"
out slow scanner_duplex 200 >"$T/ctl"
setpriv --reuid siti --regid siti --init-groups env HOME=/run/siti "$JEMPUT" -C /run/kit/van3 --user siti --passphrase-file /run/kit/pass \
    --json scan "${N[2]}" --kind kk --source adf --color gray >"$T/other" 2>&1 &
other=$!
opened() { [ "$(count scanner_duplex open)" = 1 ]; }
until_true 120 opened || fail "the other does not scan: $(cat "$T/other")"
exits 0 jem --json devices
has "$(jq -r '.scanners[0].why' "$T/out")" "in use by jemput"
exits 4 jem --json scan "${N[1]}" --kind kk --source platen
said "in use by jemput"
kill -INT $other
wait $other && fail "the other was not stopped"
out slow scanner_duplex 0 >"$T/ctl"
exits 0 jem --json scan "${N[1]}" --kind kk --source platen
