# A device that another program holds: its name is told; the kernel's driver is no obstacle.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
none_in
plug scanner_duplex tm80
out page-bytes scanner_duplex 9000 >"$T/ctl"
# Another program: it has opened and claimed the first interface through usbfs and the printer's node.
exec 8<>/dev/usb/lp2 || fail "no lp2"
exits 0 jem --json devices
jq -c '.printers[]' "$T/out"
jem --json print "${N[2]}" --printer usb:1-2/J3C0012345
echo "node held: exit $rc, $took ms $(head -c 300 "$T/out") $(head -c 300 "$T/err")"
exec 8>&-
out sheets scanner_duplex 8 >"$T/ctl"
out slow scanner_duplex 60 >"$T/ctl"
"$JEMPUT" -C /run/kit/van3 --user siti --passphrase-file /run/kit/pass --json scan "${N[2]}" --kind kk --source adf --color gray >"$T/other" 2>&1 &
other=$!
for _ in $(seq 100); do [ "$(count scanner_duplex open)" = 1 ] && break; sleep 0.3; done
exits 0 jem --json devices
jq -c '.scanners[]' "$T/out"
jem --json scan "${N[1]}" --kind kk --source platen
echo "held: exit $rc, $took ms $(cat "$T/err")"
said "jemput"
kill -INT $other
wait $other
echo "the other: $? $(head -c 300 "$T/other")"
out slow scanner_duplex 0 >"$T/ctl"
exits 0 jem --json scan "${N[1]}" --kind kk --source platen
