#!/usr/bin/env bash
# stop.sh - a sync that is told to stop (Ctrl-C) ends at the next slice with exit 4 and says so, a second signal ends it at
# once; either way the next sync goes on where it stood. Bytes that arrive altered do no harm.
. "$(dirname "$0")/link.inc.sh"
hub_http
day van3 3 60 3
day van7 7 60 3

# stopped SIGNALS...: a slow sync of van 3, sent the signals while records and scans go; sets rc
stopped() {
    local signal
    syncing van3 --remote "$(url van3)"
    sleep 1.5
    for signal in "$@"; do
        kill -s "$signal" $syncing
        sleep 0.3
    done
    rc=0
    wait $syncing || rc=$?
}

step "stopped once"
proxy_start van3 "$HUB_HTTP_PORT" --rate 20000 --delay 100
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

step "altered bytes"
proxy_start van7 "$HUB_HTTP_PORT" --corrupt 50011
for try in 1 2 3 4 5 6; do
    rc=0
    js van7 sync --remote "$(url van7)" --deadline 20 >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = 0 ] || [ $rc = 4 ] || [ $rc = 5 ] || [ $rc = 6 ] || fail "exit $rc: $(<"$T/err")"
    [ $rc != 0 ] || break
done
proxy_stop van7
[ "$(counted van7 turned)" -gt 2 ] || fail "nothing was altered"
git -C "$HUB" fsck --strict --full --no-dangling >"$T/fsck" 2>&1 || fail "the hub took damage: $(head -3 "$T/fsck")"
step "both over a good link"
for van in van3 van7; do js $van sync >"$T/out"; done
arrived van3 van7
step "done"
