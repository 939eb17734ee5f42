#!/usr/bin/env bash
# kill9.sh - kill -9 at 200 random moments while applications are recorded, some with documents, some moments while the
# program still opens the store; then at moments of syncs. After each kill every number that was printed is there, the next
# start needs no repair, the views equal a rebuild; at the end van and HQ know the same.
# JEM_SEED=N repeats a run's moments, JEM_SOAK=1 makes 4,000 kills.
. "$(dirname "$0")/../e2e/lib.sh"
seed=${JEM_SEED:-$((($(date +%s%N) / 1000) % 32768))}
kills=200 sync_kills=16
if [ "${JEM_SOAK:-}" = 1 ]; then kills=4000 sync_kills=200; fi
echo "kill9: JEM_SEED=$seed, $kills kills"
RANDOM=$seed
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
fixtures lines "$seed" $((kills * 30)) 25 "$T/in"

# start COMMAND...: the program itself in the background, its output on descriptor 3, its process in $pid
start() {
    exec 3< <(exec "$JEMPUT" -C "$T/$1" --user "${officer[$1]}" --passphrase-file "$(pass "$1")" "${@:2}" 2>"$T/start.err")
    pid=$!
}
# Milliseconds; what the fork of sleep adds is one more piece of chance.
pause() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
# kill9: ends it, reads what it had still printed
kill9() {
    kill -KILL "$pid" 2>/dev/null || true
    cat <&3 >>"$T/printed"
    exec 3<&-
    rc=0
    wait "$pid" || rc=$?
}

: >"$T/all"
: >"$T/now"
at=1 killed=0 recording=0 opening=0
while [ $killed -lt $kills ]; do
    sed -n "$at,$((at + 29))p" "$T/in/lines.jsonl" >"$T/in/next.jsonl"
    [ -s "$T/in/next.jsonl" ] || fail "out of lines after $killed kills"
    : >"$T/printed"
    start van3 apply --from "$T/in/next.jsonl"
    if [ $((RANDOM % 8)) = 0 ]; then
        pause $((RANDOM % 120))
    else
        wanted=$((RANDOM % 20 + 1))
        while [ $wanted -gt 0 ] && IFS= read -r line <&3; do
            printf '%s\n' "$line" >>"$T/printed"
            wanted=$((wanted - 1))
        done
        pause $((RANDOM % 12))
    fi
    kill9
    # What was killed had said nothing else; what was done before the kill came does not count as one.
    if [ $rc = 137 ]; then
        killed=$((killed + 1))
        if [ -s "$T/printed" ]; then recording=$((recording + 1)); else opening=$((opening + 1)); fi
    else
        [ $rc = 0 ] || fail "exit $rc: $(<"$T/start.err")"
    fi
    at=$((at + $(awk "/^[0-9]/ { n++ } END { print n + 0 }" "$T/printed") + 1))
    grep -oE '[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$' "$T/printed" >>"$T/now" || true
    if [ $((killed % 5)) = 0 ]; then
        cat "$T/now" >>"$T/all"
        js van3 list --limit 200 | jq -r '.applications[].number' | sort >"$T/there"
        lost=$(sort "$T/now" | comm -23 - "$T/there")
        [ -z "$lost" ] || fail "kill $killed: printed and not there: $lost"
        : >"$T/now"
    fi
    if [ $((killed % 25)) = 0 ] && [ $rc = 137 ]; then
        js van3 audit verify >"$T/audit" || fail "kill $killed: $(<"$T/audit")"
        step "$killed kills, $(wc -l <"$T/all") numbers"
    fi
done
[ $recording -ge $((kills / 2)) ] || fail "only $recording of $kills kills came while numbers were printed"
[ $opening -ge 1 ] || fail "no kill came before the first number"

# Nothing is there twice, and of what was never printed at most the one application that each kill met on its way out.
check_all() {
    js van3 list --limit 10000 | jq -r '.applications[].number' | sort >"$T/there"
    if [ "$(wc -l <"$T/there")" -lt 10000 ]; then
        same "lost numbers" "$(sort "$T/all" | comm -23 - "$T/there")" ""
    fi
    same "numbers printed twice" "$(sort "$T/all" | uniq -d)" ""
    applications=$(js van3 status | jq .applications)
    printed=$(wc -l <"$T/all")
    [ "$applications" -ge "$printed" ] && [ "$applications" -le $((printed + killed)) ] ||
        fail "$applications applications, $printed numbers printed, $killed kills"
}
check_all
before=$(state van3)
same "rebuilt views" "$(js van3 audit verify --rebuild | jq -c '[.events,.blobs,.digest,.problems]')" "$before"
step "$printed numbers printed, $applications there, $recording kills while recording, $opening while opening"

# The same for rounds of sync: whatever moment they die at, the next ones finish the work.
for ((i = 0; i < sync_kills; i++)); do
    : >"$T/printed"
    if [ $((i % 2)) = 0 ]; then start van3 sync; else start hq hq sync; fi
    pause $((RANDOM % 400 + 60))
    kill9
done
for _ in 1 2 3; do
    js van3 sync >"$T/out"
    js hq hq sync >"$T/hq.out"
    same "quarantined" "$(jq .quarantined "$T/hq.out")" 0
done
js van3 sync >"$T/out"
same "nothing waits" "$(jq -c '[.pending_events, .pending_documents, .refused]' "$T/out")" '[0,0,""]'
for side in van3 hq; do
    before=$(state $side)
    same "rebuilt views of $side" "$(js $side audit verify --rebuild | jq -c '[.events,.blobs,.digest,.problems]')" "$before"
    whole "$T/$side/ledger.git"
done
whole "$HUB"
if [ "$applications" -lt 10000 ]; then
    dump van3 | jq -cS 'del(.qr)' >"$T/van3.told"
    dump hq | jq -cS 'del(.qr)' >"$T/hq.told"
    cmp "$T/van3.told" "$T/hq.told" || fail "van and HQ differ"
fi
same "applications at HQ" "$(js hq status | jq .applications)" "$applications"
step "done"
