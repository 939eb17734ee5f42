# stall.inc.sh - a link that falls silent for ever, in each phase of each transport: no command hangs, nothing is lost, and the next
# round over a good link goes on. JEM_SOAK=1: also with no deadline, until the program itself gives up: two silences of a
# minute each since a slice arrived last.
# shellcheck shell=bash
. tests/link/link.inc.sh
limit=12
[ $full = 0 ] || limit=150

# phase NAME OPTIONS...: a round of van 3 over a relay that stalls so
phase() {
    local name=$1 rc=0 begun=$SECONDS deadline=(--deadline 3)
    shift
    [ $full = 0 ] || deadline=()
    proxy_start van3 "$HUB_PORT" "$@"
    timeout -k 1 $limit "$JEMPUT" -C "$T/van3" --user "${officer[van3]}" --passphrase-file "$(pass van3)" --json --lang en sync \
        --remote "$(url van3)" "${deadline[@]}" >"$T/out" 2>"$T/err" || rc=$?
    [ $rc != 124 ] && [ $rc != 137 ] || fail "$name: it hangs"
    [ $rc = 4 ] || [ "$(jq -r .stopped "$T/out")" = deadline ] || fail "$name: exit $rc: $(<"$T/out") $(<"$T/err")"
    echo "      $name: exit $rc after $((SECONDS - begun)) s: $(jq -r '.message // .stopped' "$T/out" | head -c 90)"
    same "problems" "$(js van3 audit verify | jq -c .problems)" '[]'
    proxy_stop van3
}

# stalls TRANSPORT: http or ssh
stalls() {
    : >"$T/van7.numbers"
    "hub_$1"
    day van3 3 60 2
    step "phases of $1"
    "phases_$1"
    step "over a good link"
    js van3 sync >"$T/out"
    arrived van3
    step "done"
}
phases_http() {
    phase "connect" --deaf 1
    phase "request" --stall-up 1
    phase "headers of the answer" --stall-down 20
    phase "answer" --stall-down 400
    phase "body" --stall-up 4000
    phase "answer to the push" --stall-down 700
}
phases_ssh() {
    phase "connect" --deaf 1
    phase "greeting" --stall-down 1
    phase "key exchange" --stall-up 900
    phase "login" --stall 4000
    phase "refs" --stall-down 2400
    phase "body" --stall-up 9000
    phase "answer" --mute 9000
}
