# A receipt by libusb with usblp bound, and by /dev/usb/lpN for who may not open the device itself: all of it arrives.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
none_in
plug tm80 pos58
removals() { dmesg | grep -c 'usblp.*removed'; }
before=$(removals)
exits 0 jem --json devices
same "a question takes nothing from the driver" "$(removals)" "$before"
print_at() { jem --json print "${N[$1]}" "${@:2}"; }
exits 0 print_at 0 --printer usb:1-2/J3C0012345
same "printed" "$(jq -r .state "$T/out")" printed
calm 12
same "usblp again" "$(driver 1-2:1.0)" usblp
same "nothing but pictures" "$(count tm80 unknown) $(count tm80 characters) $(count tm80 waiting) $(count tm80 cuts)" "0 0 0 1"
echo "libusb: $took ms, $(out counts tm80)"
exits 4 print_at 0 --printer usb:1-3/0416:5011 # it tells nothing: the officer is asked
rows=$(count pos58 rows)
exits 0 print_at 0 --paper yes
chmod 600 /dev/bus/usb/001/*
out tear pos58 >"$T/ctl"
out fault pos58 out-ms=300 >"$T/ctl" # slow: the kernel's driver has taken what the printer has not
exits 4 print_at 1 --printer usb:1-3/0416:5011
echo "lp, slow: $took ms, $(out counts pos58)"
out fault pos58 >"$T/ctl"
[ "$(count pos58 rows)" -gt $((rows * 9 / 10)) ] || fail "its end was lost: $(count pos58 rows) of about $rows rows"
same "nothing half" "$(count pos58 waiting) $(count pos58 unknown)" "0 0"
exits 0 print_at 1 --paper yes
out tear tm80 >"$T/ctl"
exits 0 print_at 2 --printer usb:1-2/J3C0012345
same "through the node" "$(count tm80 cuts) $(count tm80 unknown) $(count tm80 waiting)" "1 0 0"
