# lib.sh - what the scenarios share. They run as root in the machine; the program runs as siti, who is in the group lp.
#   out   what happens outside of the machine: vm_devices.c has the commands
# shellcheck shell=bash
T=/run/vm
PORT=$(for p in /sys/class/virtio-ports/*; do [ "$(cat "$p/name" 2>/dev/null)" = ctl ] && echo "/dev/$(basename "$p")"; done)
mapfile -t N </run/kit/numbers
fail() {
    printf 'FAILED at %s:%s: %s\n' "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$*"
    exit 1
}
same() { [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"; }
has() { [[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"; }
out() {
    local answer
    exec 7<>"$PORT"
    echo "$*" >&7
    read -r -t 20 answer <&7 || fail "no answer to: $*"
    exec 7>&-
    [ "${answer%% *}" = ok ] || fail "outside: $*: $answer"
    echo "$answer"
}
# count NAME KEY
count() { out counts "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }
groups=--init-groups # --clear-groups: not in lp
as() { # USER COMMAND...: its output in T/out and T/err, its exit code in rc, seconds it took and used in took and cpu
    local user=$1 before after
    shift
    before=$(date +%s%N)
    rc=0
    setpriv --reuid "$user" --regid "$user" $groups env HOME="/run/$user" JEMPUT_LANG=en \
        bash -c 'TIMEFORMAT="%U %S"; { time timeout -k 5 '"${LIMIT_S:-400}"' "$@" 2>&3; } 3>'"$T/err"' 2>'"$T/times" jem "$@" >"$T/out" || rc=$?
    after=$(date +%s%N)
    took=$(((after - before) / 1000000))
    cpu=$(awk '{ printf "%d", ($1 + $2) * 1000 }' "$T/times")
}
jem() { as siti "$JEMPUT" -C /run/kit/van3 --user siti --passphrase-file /run/kit/pass "$@"; }
# exits CODE WHO...: the command must end with that code
exits() {
    local want=$1
    shift
    "$@"
    [ "$rc" = "$want" ] || fail "exit $rc instead of $want after $took ms: $* :: $(head -c 600 "$T/out") $(head -c 600 "$T/err")"
}
said() { has "$(cat "$T/out" "$T/err")" "$1"; }
# The socket of a device, in the order of tests/vm/run.
declare -A socket=([scanner_duplex]=1 [tm80]=2 [pos58]=3 [hid_pos]=4 [cdc_reader]=5 [scanner_quirky]=6 [mouse]=7 [keyboard]=8)
# until SECONDS COMMAND...: true as soon as the command is
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}
configured() { [ -s "/sys/bus/usb/devices/1-$1/bConfigurationValue" ]; }
absent() { [ ! -e "/sys/bus/usb/devices/1-$1" ]; }
plug() { # NAME...: until the kernel and udev have nothing to do any more
    local n
    for n; do out plug "$n" >"$T/ctl"; done
    for n; do until_true 120 configured "${socket[$n]}" || fail "$n does not appear"; done
    udevadm settle
    sleep 1
    udevadm settle
}
unplug() {
    local n
    for n; do out unplug "$n" >"$T/ctl"; done
    for n; do until_true 120 absent "${socket[$n]}" || fail "$n does not go"; done
    udevadm settle
}
none_in() { unplug "${!socket[@]}"; }
# How long a command that touches no device takes here, in ms of processor time: what others may take is a multiple.
pace() {
    jem --json status
    echo $((cpu > 100 ? cpu : 100))
}
# calm TIMES: the last command was no busy loop and no hang
calm() { [ "$cpu" -lt $((pace_ms * $1)) ] || fail "a busy loop: $cpu ms of $took, the pace is $pace_ms"; }
driver() { # of INTERFACE, "" for none
    local link
    link=$(readlink "/sys/bus/usb/devices/$1/driver" || true)
    echo "${link##*/}"
}
pace_ms=$(pace)
