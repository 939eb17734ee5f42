#!/usr/bin/env bash
# loop.sh - `serve` syncs by itself: a hub that is absent, appears (folder and HTTP), vanishes in mid-round and comes back;
# everything arrives and is confirmed with nobody typing a command. Ctrl-C in mid-round leaves a clean state.
. "$(dirname "$0")/../link/link.inc.sh"
. tests/e2e/pages.sh
does() { ask "$1" /api/state | jq -r .strip.sync.t; } # NAME: what its loop does, as the strip says
status() { js "$1" show "$2" | jq -r .status; } # NAME NUMBER
unconfirmed() { js "$1" status | jq .pending_events; }
at_hq() { js hq list --limit 1000 | jq '.applications | length'; }
waits() { js "$1" status | jq -c '[.pending_events, .pending_documents]'; }
problems() { js "$1" audit verify | jq -c .problems; }

# until_same LIMIT-SECONDS WANT COMMAND...
until_same() {
    local until=$((SECONDS + $1)) want=$2 got=
    shift 2
    while got=$("$@") || true; [ "$got" != "$want" ]; do
        [ $SECONDS -lt $until ] || fail "$* is '$got' and not '$want' :: $(tail -n 3 "$T"/*.log)"
        sleep 0.3
    done
}
says_now() { # LIMIT NAME PART: the strip comes to say it
    local until=$((SECONDS + $1)) text
    while text=$(does "$2"); [[ $text != *"$3"* ]]; do
        [ $SECONDS -lt $until ] || fail "the strip of $2 says '$text' and not '$3' :: $(tail -n 3 "$T/$2.log")"
        sleep 0.2
    done
}
page_says() { # LIMIT PART: the sync page of van 3 comes to say it
    local until=$((SECONDS + $1))
    while ask van3 /sinkron >"$T/page"; [[ $(<"$T/page") != *"$2"* ]]; do
        [ $SECONDS -lt $until ] || fail "the sync page does not say '$2': $(sed -n 's/.*<p id=counts>\([^<]*\).*/\1/p' "$T/page")"
        sleep 0.2
    done
}
# work NAME SEED APPLICATIONS SCANS: as day, numbers kept apart
work() {
    local numbers=$T/$1.numbers
    [ ! -f "$numbers" ] || mv "$numbers" "$numbers.before"
    day "$@"
    mv "$numbers" "$numbers.last"
    cat "$numbers.before" "$numbers.last" >"$numbers" 2>/dev/null || cp "$numbers.last" "$numbers"
}

HUB=$T/srv/hub.git
mkdir "$T/srv"
"$JEMPUT" hub init "$HUB" >"$T/out"
at_exit+=(hub_http_stop)
hub_http_start "$T/http" "$T/srv" jalan rahasia
hub_of() { echo "$HUB"; }
regency
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
same "nothing waits" "$(waits van3)" '[0,0]'

step "a folder that is absent, and appears"
mv "$HUB" "$HUB.away"
serving van3 --sync-every 5
serving hq --sync-every 5
work van3 3 12 0
says_now 10 van3 "waiting for the network or the hub"
same "records wait" "$(waits van3)" '[12,0]'
mv "$HUB.away" "$HUB"
until_same 40 '[0,0]' waits van3
number=$(head -1 "$T/van3.numbers")
ask van3 "/p/$number" >"$T/page"
has "$(<"$T/page")" ">Confirmed<"
has "$(<"$T/page")" "All confirmed"
same "received at HQ" "$(js hq show "$number" | jq -r .status)" received

step "a decision comes home by itself"
js hq hq decide "$number" --to verified >"$T/out"
until_same 30 verified status van3 "$number"

step "paused, in the store too; now, all the same; resumed"
press van3 /sinkron /sinkron/jeda
says_now 10 van3 "paused"
serve_stop van3
cookie[van3]=
serving van3
says_now 10 van3 "paused"
work van3 31 3 0
sleep 4
same "nothing goes while paused" "$(waits van3)" '[3,0]'
press van3 /sinkron /sinkron/mulai
until_same 20 15 at_hq
says_now 10 van3 "paused"
press van3 /sinkron /sinkron/lanjut
until_same 40 '[0,0]' waits van3

step "over HTTP: set while serving; gone in mid-round; back"
port=0
slow() { proxy_start van3 "$HUB_HTTP_PORT" --listen $port --rate "$1" --delay 50; } # BYTES-A-SECOND
slow 12000 # a minute for the scans: what is looked at before they are through takes its time on a busy machine
port=${proxy_port[van3]}
jem van3 hub set "http://jalan:rahasia@127.0.0.1:$port/hub.git" >"$T/out"
work van3 32 20 4
says_now 30 van3 "Syncing" # records or documents: what it takes to fall silent is not what is tried here
page_says 30 "min left"
has "$(<"$T/page")" "http-equiv=refresh"
step "  records are confirmed while scans go, also those that come later"
work van3 33 2 0
until_same 60 0 unconfirmed van3
[ "$(js van3 status | jq .pending_documents)" -gt 0 ] || fail "the scans were no longer under way"
step "  gone"
proxy_stop van3
says_now 90 van3 "failed, next try in"
ask van3 / >"$T/page"
has "$(<"$T/page")" "Offline: last synced"
step "  back"
slow 40000
work van3 34 1 0 # new records: no need to wait out the pause
until_same 90 '[0,0]' waits van3

step "another process has the round: no error"
press van3 /sinkron /sinkron/jeda
says_now 20 van3 paused
work van3 35 3 2
syncing van3
for ((i = 0; ; i++)); do
    readlink /proc/$syncing/fd/* 2>/dev/null | grep -q '^socket:' && break # it talks, so it has the lock; to try that would take it
    [ $i -lt 300 ] && kill -0 $syncing || fail "the command began no round: $(<"$T/van3.round") $(<"$T/van3.err")"
    sleep 0.1
done
press van3 /sinkron /sinkron/lanjut
says_now 20 van3 "another round runs"
ask van3 /sinkron >"$T/page"
[[ $(<"$T/page") != *'class="note bad">'[A-Z]* ]] || fail "an error on the page: $(grep -o 'note bad.*' "$T/page")"
wait $syncing || fail "the command was disturbed: $(<"$T/van3.err")"
until_same 90 '[0,0]' waits van3

step "Ctrl-C in mid-round"
work van3 36 6 3
says_now 30 van3 "Syncing" # records or documents: what it takes to fall silent is not what is tried here
serve_stop van3
same "problems" "$(problems van3)" '[]'
[ "$(js van3 status | jq .pending_documents)" -gt 0 ] || fail "nothing was left to stop"
flock -n "$T/van3/sync.lock" true || fail "the round is still held"
whole "$T/van3/ledger.git"
cookie[van3]=
serving van3 --no-sync
says_now 10 van3 "off (serve --no-sync)"
sleep 3
[ "$(js van3 status | jq .pending_documents)" -gt 0 ] || fail "a round came in spite of --no-sync"
press van3 /sinkron /sinkron/mulai
until_same 90 0 unconfirmed van3
serve_stop van3
cookie[van3]=
serving van3
until_same 90 '[0,0]' waits van3

step "Ctrl-C while the link says nothing at all"
proxy_stop van3
proxy_start van3 "$HUB_HTTP_PORT" --listen $port --stall 3000
work van3 37 1 1 # more than passes before it falls silent
says_now 30 van3 "Syncing" # records or documents: what it takes to fall silent is not what is tried here
serve_stop van3
same "problems" "$(problems van3)" '[]'
flock -n "$T/van3/sync.lock" true || fail "the round is still held"
proxy_stop van3
jem van3 hub set "$HUB" >"$T/out"
cookie[van3]=
serving van3
until_same 40 '[0,0]' waits van3

step "the end"
serve_stop van3
serve_stop hq
same "problems" "$(problems van3)$(problems hq)" '[][]'
dump hq >"$T/hq.dump"
same "applications at HQ" "$(wc -l <"$T/hq.dump")" "$(wc -l <"$T/van3.numbers")"
same "documents whole at HQ" "$(jq -r '.documents[] | .complete and .pages == .arrived and .pages == .previews' "$T/hq.dump" | sort -u)" true
step "done"
