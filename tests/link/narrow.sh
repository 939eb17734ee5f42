#!/usr/bin/env bash
# narrow.sh - a narrow link: while scans wait, and are being sent, the day's records are already confirmed. JEM_SOAK=1: 30 kbit/s,
# 600 ms each way, 100 applications before 30 MB of scans, in 90 s; otherwise a shorter form.
. "$(dirname "$0")/link.inc.sh"
applications=100 scans=6 rate=15000 delay=150 limit=60
[ $full = 0 ] || { scans=200 rate=3750 delay=600 limit=90; }
hub_http
day van3 3 $applications $scans
proxy_start van3 "$HUB_HTTP_PORT" --rate $rate --delay $delay

step "$applications applications and $scans scans at $rate bytes a second, $delay ms each way"
begun=$(date +%s%N)
ms() { echo $((($(date +%s%N) - begun) / 1000000)); }
syncing van3 --remote "$(url van3)"
arrived_ms=
while [ "$(js van3 list --unconfirmed --limit 1000 | jq '.applications | length')" != 0 ]; do
    [ "$(ms)" -lt $((limit * 1000)) ] || fail "not confirmed in $limit s: $(<"$T/van3.err")"
    kill -0 $syncing || fail "the sync ended before the records were confirmed: $(<"$T/van3.round") $(<"$T/van3.err")"
    sleep 2
    js hq hq sync >"$T/hq.sync" # as its clock would
    [ -n "$arrived_ms" ] || [ "$(dump hq | wc -l)" != $applications ] || arrived_ms=$(ms)
done
confirmed_ms=$(ms)
kill -INT $syncing
wait $syncing || true
proxy_stop van3
echo "      at headquarters after $arrived_ms ms, confirmed after $confirmed_ms ms, $(counted van3 up) bytes up"
waiting=$(js van3 sync --dry-run | jq .pending_documents)
[ "$waiting" -gt 0 ] || fail "no scan was left to wait"
echo "      documents that wait: $waiting of $((scans * 2))"
step "the rest over a good link"
js van3 sync >"$T/out"
: >"$T/van7.numbers"
arrived van3
step "done"
