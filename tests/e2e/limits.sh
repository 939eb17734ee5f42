#!/usr/bin/env bash
# limits.sh - limits of a round are kept and told: --deadline in mid-slice and --budget end it well, and "stopped" says why;
# a terminal shows a bar with records, bytes and minutes left; --verbose shows what is being done.
. "$(dirname "$0")/../link/link.inc.sh"
HUB=$T/srv/hub.git
mkdir "$T/srv"
"$JEMPUT" hub init "$HUB" >"$T/out"
at_exit+=(hub_http_stop)
hub_http_start "$T/http" "$T/srv" jalan rahasia
hub_of() { echo "http://jalan:rahasia@127.0.0.1:$HUB_HTTP_PORT/hub.git"; }
regency
js van3 sync >"$T/out"
same "an unhurried round" "$(jq -r .stopped "$T/out")" ""
day van3 3 20 5
proxy_start van3 "$HUB_HTTP_PORT" --rate 20000 --delay 50
slow=http://jalan:rahasia@127.0.0.1:${proxy_port[van3]}/hub.git

step "a deadline in mid-slice"
begun=$SECONDS
exits 0 js van3 sync --remote "$slow" --deadline 6
[ $((SECONDS - begun)) -le 12 ] || fail "it took $((SECONDS - begun)) s"
same "why it stopped" "$(jq -r .stopped "$T/out")" deadline
has "$(<"$T/err")" "--deadline"
[ "$(jq .pushed_events "$T/out")" -ge 20 ] || fail "the records were not first: $(<"$T/out")"
[ "$(jq .pending_documents "$T/out")" -gt 0 ] || fail "there was nothing left to stop"
same "the last sync was a good one" "$(js van3 status | jq .last_sync_ok)" true

step "a budget"
exits 0 js van3 sync --remote "$slow" --budget 60K
same "why it stopped" "$(jq -r .stopped "$T/out")" budget
[ "$(jq '.bytes_up + .bytes_down' "$T/out")" -le 61440 ] || fail "more than the budget: $(<"$T/out")"

step "a hub that never answers is no limit reached"
exits 4 js van3 sync --remote http://jalan:rahasia@127.0.0.1:9/hub.git --deadline 2
same "the error" "$(jq -r .error "$T/out")" elink

step "the bar"
printf -v command '%q ' "$JEMPUT" -C "$T/van3" --user siti --passphrase-file "$(pass van3)" --lang en sync --remote "$slow" --deadline 8
script -qec "stty cols 120; $command" /dev/null </dev/null >"$T/bar"
tr '\r' '\n' <"$T/bar" | grep -qE '\[#+\.+\] +[0-9]+%  Sending documents  [0-9]+/[0-9]+ KB  about [0-9]+ min left' ||
    fail "no bar: $(tr '\r' '\n' <"$T/bar" | tail -5)"
script -qec "stty cols 50; $command" /dev/null </dev/null >"$T/bar"
! grep -q '\[#' "$T/bar" || fail "a bar that does not fit"
has "$(<"$T/bar")" "Sending documents"
exits 0 jem van3 --quiet sync --remote "$slow" --deadline 3
same "nothing but the limit is said when quiet" "$(grep -c . "$T/err")" 1

step "what is being done"
exits 0 jem van3 sync --dry-run
! grep -q ' info: ' "$T/err" || fail "INFO lines unasked: $(<"$T/err")"
timeout -s INT 60 "$JEMPUT" -C "$T/van3" --user siti --passphrase-file "$(pass van3)" --verbose serve --listen 127.0.0.1:0 \
    >"$T/out" 2>"$T/err" &
serving=$!
for ((i = 0; i < 300; i++)); do
    grep -q 'jemput info: sync: round' "$T/err" && break
    sleep 0.1
done
kill -INT $serving
wait $serving || true
has "$(<"$T/err")" "jemput info: sync: round"
timeout -s INT 4 "$JEMPUT" -C "$T/van3" --user siti --passphrase-file "$(pass van3)" serve --listen 127.0.0.1:0 \
    >"$T/out" 2>"$T/err" || true
! grep -q ' info: ' "$T/err" || fail "INFO lines unasked: $(<"$T/err")"
proxy_stop van3
step "done"
