# The kernel's own drivers bind, each to what it knows; the list says what is there, takes nothing away and is quick.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
plug scanner_duplex tm80 pos58 hid_pos cdc_reader mouse keyboard
same "the printer" "$(driver 1-2:1.0)" usblp
same "setting 0 of the scanner" "$(driver 1-1:1.0)$(driver 1-1:1.1)" usblpusblp
same "the readers" "$(driver 1-4:1.0) $(driver 1-8:1.0)" "usbhid usbhid"
same "serial" "$(driver 1-5:1.0)$(driver 1-5:1.1)" cdc_acmcdc_acm
inputs() { dmesg | grep -c '\] input: '; }
before=$(inputs)
exits 0 jem --json devices
same "scanner" "$(jq -c '.scanners[] | [.id, .usable, .state, [.sources[].source]]' "$T/out")" \
    '["usb:1-1/SN-200",true,"idle",["platen","adf","adf-duplex"]]'
same "printers" "$(jq -c '[.printers[] | select(.via != "cups") | [.id, .via, .usable, .state]]' "$T/out")" \
    '[["usb:1-2/J3C0012345","usb",true,"ready"],["usb:1-3/0416:5011","usb",true,"unknown"]]'
same "readers" "$(jq -c '[.readers[] | [.id, .via, .usable]]' "$T/out")" \
    '[["usb:1-4/12345A0001","hid",true],["usb:1-5/S15F00123","serial",true]]'
echo "devices: $took ms, $cpu ms of cpu"
same "the kernel has its interfaces back" "$(driver 1-1:1.0) $(driver 1-2:1.0) $(driver 1-4:1.0) $(driver 1-5:1.1)" \
    "usblp usblp usbhid cdc_acm"
same "a keyboard is left alone" "$(inputs)" "$before"
calm 12
