# Who may use what: somebody who is not in the group lp, siti without our rules, and with them.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
none_in
mv /run/udev/rules.d/70-jemput.rules /run/vm/rules
udevadm control --reload
out page-bytes scanner_duplex 9000 >"$T/ctl"
plug scanner_duplex hid_pos tm80
groups=--clear-groups
exits 0 jem --json devices
same "no permission" "$(jq -c '[.scanners[].usable, .printers[].usable, .readers[].usable]' "$T/out")" '[false,false,false]'
for kind in scanners printers readers; do
    has "$(jq -r ".$kind[0].why" "$T/out")" "70-jemput.rules"
done
exits 4 jem --json doctor
has "$(jq -r '.findings[] | select(.check == "scanner") | .text' "$T/out")" "70-jemput.rules"
exits 4 jem scan "${N[0]}" --kind kk --source platen
said "70-jemput.rules"
exits 4 jem print "${N[0]}" --printer usb:1-2/J3C0012345
said "70-jemput.rules"
groups=--init-groups
exits 0 jem --json devices
same "lp alone" "$(jq -c '[.scanners[].usable, .printers[].usable, .readers[].usable]' "$T/out")" '[true,true,false]'
none_in
mv /run/vm/rules /run/udev/rules.d/70-jemput.rules
udevadm control --reload
plug scanner_duplex hid_pos tm80
exits 0 jem --json devices
same "with the rules" "$(jq -c '[.scanners[].usable, .printers[].usable, .readers[].usable]' "$T/out")" '[true,true,true]'
