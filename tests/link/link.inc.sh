# link.inc.sh - what the suites of the bad link share: the relay before the hub, a day's work, and whether all of it arrived.
# shellcheck shell=bash
. tests/e2e/lib.sh
. tests/e2e/hub_http.sh
. tests/e2e/hub_ssh.sh
full=0
[ "${JEM_SOAK:-}" != 1 ] || full=1
declare -A proxy_pid proxy_port
at_exit+=(proxy_stop_all)

# proxy_start NAME TO OPTIONS...: a relay before port TO, on ${proxy_port[NAME]}
proxy_start() {
    local name=$1 i
    shift
    : >"$T/$name.proxy"
    "$B/tests/proxy" --to "$@" >>"$T/$name.proxy" &
    proxy_pid[$name]=$!
    for ((i = 0; i < 100; i++)); do
        proxy_port[$name]=$(head -1 "$T/$name.proxy" | jq -r .port)
        [ -z "${proxy_port[$name]}" ] || return 0
        sleep 0.05
    done
    fail "the relay does not listen"
}
# proxy_stop NAME: ends it; counted NAME WHAT tells what it counted
proxy_stop() {
    kill "${proxy_pid[$1]}"
    wait "${proxy_pid[$1]}" || true
    unset "proxy_pid[$1]"
}
proxy_stop_all() {
    local name
    for name in "${!proxy_pid[@]}"; do proxy_stop "$name"; done
}
counted() { tail -1 "$T/$1.proxy" | jq -r ".$2"; }

# A stock hub at T/srv/hub.git, which listens on HUB_PORT, and the regency on it over a good link. Sets hub_at PORT
# [REPOSITORY], a URL, and stock_push PORT REPOSITORY: git's own push of T/stock's main.
hub_make() {
    HUB=$T/srv/hub.git
    mkdir "$T/srv"
    "$JEMPUT" hub init "$HUB" >"$T/out"
}
hub_of() { hub_at "$HUB_PORT"; }
hub_http() {
    hub_make
    at_exit+=(hub_http_stop)
    hub_http_start "$T/http" "$T/srv" jalan rahasia
    HUB_PORT=$HUB_HTTP_PORT
    hub_at() { echo "http://jalan:rahasia@127.0.0.1:$1/${2:-hub.git}"; }
    stock_push() { git -C "$T/stock" push -q "$(hub_at "$1" "$2")" main; }
    regency
}
hub_ssh() {
    local side
    hub_make
    at_exit+=(hub_ssh_stop)
    hub_ssh_start "$T/ssh"
    HUB_PORT=$HUB_SSH_PORT
    hub_at() { echo "ssh://$(id -un)@127.0.0.1:$1$T/srv/${2:-hub.git}"; }
    ssh-keygen -q -t ed25519 -N '' -f "$T/stock.key"
    stock_push() {
        GIT_SSH_COMMAND="ssh -i $T/stock.key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null" \
            git -C "$T/stock" push -q "$(hub_at "$1" "$2")" main 2>&1
    }
    regency
    hub_ssh_key "$(<"$T/stock.key.pub")"
    for side in hq van3 van7; do hub_ssh_key "$(js $side hub show | jq -r .ssh_public_key)"; done
}
url() { hub_at "${proxy_port[$1]}"; } # NAME

# day NAME SEED APPLICATIONS SCANS: a day's work, a scan of about 150 KB to each of the first applications
day() {
    local i
    fixtures lines "$2" "$3" 0 "$T/$1.in"
    for ((i = 1; i <= $4; i++)); do
        fixtures jpeg "$T/$1.in/$i.jpg" $((1000 + i % 50)) $((1440 + $2 + i / 50)) # each another picture
    done
    jq -c --arg in "$T/$1.in" --argjson scans "$4" \
        'if input_line_number <= $scans then .attach.lain = "\($in)/\(input_line_number).jpg" else . end' \
        "$T/$1.in/lines.jsonl" >"$T/$1.lines"
    js "$1" apply --from "$T/$1.lines" >"$T/out"
    same "refused at $1" "$(jq -c .refused "$T/out")" '[]'
    jq -r '.recorded[].number' "$T/out" >"$T/$1.numbers"
    same "recorded at $1" "$(wc -l <"$T/$1.numbers")" "$3"
}

# through NAME LIMIT-SECONDS: syncs over its relay until nothing is left to send
through() {
    local until=$(($(date +%s) + $2)) rc=1
    : >"$T/$1.rounds"
    while [ $rc != 0 ]; do
        [ "$(date +%s)" -lt "$until" ] || fail "$1 is not done in $2 s: $(tail -c 300 "$T/$1.err")"
        rc=0
        js "$1" sync --remote "$(url "$1")" --deadline $((until - $(date +%s))) >"$T/$1.round" 2>"$T/$1.err" || rc=$?
        [ $rc = 0 ] || [ $rc = 4 ] || fail "exit $rc: $(<"$T/$1.err")"
        [ "$(jq -r '.stopped // ""' "$T/$1.round")" = "" ] || rc=4 # the deadline came
        cat "$T/$1.round" >>"$T/$1.rounds"
    done
}
# syncing NAME ARGS...: a sync in the background, its own process ${syncing}; ends with T/NAME.round and T/NAME.err
syncing() {
    local name=$1
    shift
    "$JEMPUT" -C "$T/$name" --user "${officer[$name]}" --passphrase-file "$(pass "$name")" --json --lang en sync "$@" \
        >"$T/$name.round" 2>"$T/$name.err" &
    syncing=$!
}
rounds() { jq -s "map(.$2 // 0) | add" "$T/$1.rounds"; } # NAME WHAT

# arrived NAME...: HQ takes everything and the vans hear of it; nothing waits, and every document has its signed hash
arrived() {
    local name
    js hq hq sync >"$T/hq.sync"
    same "quarantined" "$(jq .quarantined "$T/hq.sync")" 0
    for name in "$@"; do
        js "$name" sync >"$T/last.sync"
        same "nothing waits at $name" "$(jq -c '[.pending_events, .pending_documents, .refused]' "$T/last.sync")" '[0,0,""]'
    done
    dump hq >"$T/hq.dump"
    same "applications at HQ" "$(wc -l <"$T/hq.dump")" "$(cat "$T"/van?.numbers | wc -l)"
    same "documents whole at HQ" "$(jq -r '.documents[] | .complete and .pages == .arrived and .pages == .previews' "$T/hq.dump" | sort -u)" true
    same "stored bytes have the signed hash" "$(jq -r '.documents[].items[] | .bytes == .hash' "$T/hq.dump" | sort -u)" true
}
