# The cable pulled before, at the beginning and in the middle; a stall, silence, no paper, an open cover: an answer each time, and
# afterwards it prints.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
none_in
plug tm80
exits 0 jem --json print "${N[2]}" --printer usb:1-2/J3C0012345
for fault in unplug:0 unplug:900 unplug:9000 stall:9000 silence:9000; do
    out tear tm80 >"$T/ctl"
    out fault tm80 "out=$fault" >"$T/ctl"
    jem --json print "${N[1]}"
    echo "$fault: exit $rc, $took ms, cpu $cpu, $(head -c 300 "$T/out" | tr '\n' ' ') $(head -c 200 "$T/err" | tr '\n' ' ')"
    [ "$rc" = 4 ] || [ "$fault $rc" = "stall:9000 0" ] || fail "exit $rc after $fault"
    calm 12
    out fault tm80 >"$T/ctl"
    out power tm80 >"$T/ctl"
    plug tm80
    jem --json print "${N[1]}" --paper no
    echo "    then: exit $rc, $took ms, $(head -c 200 "$T/out" | tr '\n' ' ') $(head -c 200 "$T/err" | tr '\n' ' ')"
done
for paper in out cover; do
    out paper tm80 $paper >"$T/ctl"
    exits 4 jem --json print "${N[2]}"
    echo "$paper: $(head -c 300 "$T/err")"
    calm 12
    out paper tm80 ok >"$T/ctl"
    exits 0 jem --json print "${N[2]}"
done
