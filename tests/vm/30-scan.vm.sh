# Glass and feeder, with usblp in the way; every fault in mid-page; the cable pulled in every state.
# shellcheck source=tests/vm/lib.sh
. tests/vm/lib.sh
none_in
plug scanner_duplex
out page-bytes scanner_duplex 9000 >"$T/ctl"
scan() { jem --json scan "$@"; }
exits 0 scan "${N[0]}" --kind kk --source platen --color gray
same "glass" "$(jq -c '[.end, .kept]' "$T/out")" '["done",1]'
echo "glass: $took ms, $cpu ms of cpu"
out sheets scanner_duplex 6 >"$T/ctl"
out page-bytes scanner_duplex 30000
exits 0 scan "${N[0]}" --kind f-1-02 --source duplex --color gray
same "duplex" "$(jq -c '[.end, .kept]' "$T/out")" '["done",6]'
same "the job is closed" "$(count scanner_duplex open)$(count scanner_duplex outside)" 00
echo "duplex: $took ms, $cpu ms of cpu, $(out counts scanner_duplex)"
same "usblp again" "$(driver 1-1:1.0)" usblp

out page-bytes scanner_duplex 60000
for fault in unplug:0 unplug:1500 unplug:30000 unplug:70000 unplug:130000 stall:30000 silence:30000 garbage:30000 loss:30000; do
    out sheets scanner_duplex 4 >"$T/ctl"
    out fault scanner_duplex in=$fault >"$T/ctl"
    scan "${N[1]}" --kind kk --source adf --color gray
    echo "$fault: exit $rc, $took ms, cpu $cpu, $(jq -c '[.end, .kept, .error, .message]' "$T/out") $(head -c 200 "$T/err" | tr '\n' ' ')"
    calm 12
    out fault scanner_duplex >"$T/ctl"
    plug scanner_duplex
    out sheets scanner_duplex 1 >"$T/ctl"
    scan "${N[1]}" --kind kk --source adf --color gray
    echo "    then: exit $rc, $took ms, $(jq -c '[.end, .kept]' "$T/out") $(head -c 200 "$T/err" | tr '\n' ' ')"
    [ "$rc" = 0 ] || fail "no scan after $fault"
done
