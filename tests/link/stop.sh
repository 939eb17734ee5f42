#!/usr/bin/env bash
# stop.sh - a sync that is told to stop (Ctrl-C) ends at the next slice with exit 4 and says so, a second signal ends it at
# once; either way the next sync goes on where it stood.
. "$(dirname "$0")/link.inc.sh"
hub_http
day van3 3 60 3

# stopped SIGNALS...: a slow sync of van 3, sent the signals while records and scans go; sets rc
stopped() {
    local signal
    syncing van3 --remote "$(url van3)"
    sleep 1.5
    for signal in "$@"; do
        kill -s "$signal" $syncing 2>/dev/null || true # the first may have ended it: rc tells
        sleep 0.3
    done
    rc=0
    wait $syncing || rc=$?
}

step "stopped once"
proxy_start van3 "$HUB_PORT" --rate 20000 --delay 100
for signal in INT TERM; do
    stopped $signal
    same "exit after SIG$signal" $rc 4
    has "$(<"$T/van3.err")" "stopped as asked"
    same "the error object" "$(jq -r .error "$T/van3.round")" elink
    same "problems" "$(js van3 audit verify | jq -c .problems)" '[]'
done
[ "$(js van3 sync --dry-run | jq .pending_documents)" -gt 0 ] || fail "nothing was left to stop"
step "stopped twice"
stopped INT INT
[ $rc = 130 ] || [ $rc = 4 ] || fail "exit $rc after two signals"
same "problems" "$(js van3 audit verify | jq -c .problems)" '[]'
proxy_stop van3

step "over a good link"
js van3 sync >"$T/out"
: >"$T/van7.numbers"
arrived van3
step "done"
