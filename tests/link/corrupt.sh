#!/usr/bin/env bash
# corrupt.sh - plain HTTP over a link that turns a bit over every so many bytes, both ways: nothing wrong is ever accepted, by
# the hub, by headquarters or by the van, and all arrives once it stops.
. "$(dirname "$0")/link.inc.sh"
hub_http
day van3 3 100 4

# What anybody could have taken up wrongly so far.
content() { jq -cS '{number, service, fields}' | sort; }
unharmed() {
    whole "$HUB"
    js hq hq sync >"$T/hq.sync"
    same "quarantined" "$(jq .quarantined "$T/hq.sync")" 0
    for name in hq van3; do same "problems at $name" "$(js $name audit verify | jq -c .problems)" '[]'; done
    dump hq | content >"$T/hq.content"
    same "applications at headquarters that are not the van's" "$(comm -23 "$T/hq.content" "$T/van3.content" | wc -l)" 0
}

dump van3 | content >"$T/van3.content"
for every in 3001 20011 90001; do
    step "a bit in $every bytes"
    proxy_start van3 "$HUB_PORT" --corrupt $every
    rc=0
    js van3 sync --remote "$(url van3)" --deadline 8 >"$T/out" 2>"$T/err" || rc=$?
    case $rc in
    0 | 4 | 5 | 6) ;; # a login, a ref or a report may be what was altered
    *) fail "exit $rc: $(<"$T/err")" ;;
    esac
    proxy_stop van3
    echo "      exit $rc, $(counted van3 turned) bits of $(counted van3 up) + $(counted van3 down) bytes," \
        "$(js van3 sync --dry-run | jq -r '"\(.pending_events) events and \(.pending_documents) documents wait"')"
    [ "$(counted van3 turned)" -gt 0 ] || fail "nothing was altered"
    unharmed
done
step "over the mended link"
js van3 sync >"$T/out"
: >"$T/van7.numbers"
arrived van3
unharmed
same "applications at headquarters" "$(wc -l <"$T/hq.content")" "$(wc -l <"$T/van3.content")"
step "done"
