#!/usr/bin/env bash
# narrow.sh - a narrow link, 30 kbit/s and 600 ms each way: while scans wait, and are being sent, the day's records are already
# confirmed. JEM_SOAK=1: 30 MB of scans wait; otherwise 900 KB, which take four minutes there.
. "$(dirname "$0")/link.inc.sh"
applications=100 scans=6
[ $full = 0 ] || scans=200
hub_http
day van3 3 $applications $scans
proxy_start van3 "$HUB_PORT" --rate 3750 --delay 600

step "$applications applications and $scans scans at 3,750 bytes a second, 600 ms each way"
begun=$(date +%s%N)
ms() { echo $((($(date +%s%N) - begun) / 1000000)); }
syncing van3 --remote "$(url van3)"
arrived_ms=
while [ "$(js van3 list --unconfirmed --limit 1000 | jq '.applications | length')" != 0 ]; do
    kill -0 $syncing || fail "the sync ended before the records were confirmed: $(<"$T/van3.round") $(<"$T/van3.err")"
    sleep 2
    js hq hq sync >"$T/hq.sync" # as its clock would
    [ -n "$arrived_ms" ] || [ "$(dump hq | wc -l)" != $applications ] || arrived_ms=$(ms)
done
confirmed_ms=$(ms)
dump hq >"$T/hq.dump"
kill -INT $syncing
wait $syncing || true
proxy_stop van3
echo "      at headquarters after $arrived_ms ms, confirmed after $confirmed_ms ms, $(counted van3 up) bytes up"
same "originals that were whole at headquarters by then" "$(jq -s '[.[].documents[] | select(.complete)] | length' "$T/hq.dump")" 0
waiting=$(js van3 sync --dry-run | jq .pending_documents)
[ "$waiting" -gt 0 ] || fail "no scan was left to wait"
echo "      documents that wait: $waiting of $((scans * 2))"
step "the rest over a good link"
js van3 sync >"$T/out"
: >"$T/van7.numbers"
arrived van3
step "done"
