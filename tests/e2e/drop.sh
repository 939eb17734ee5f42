#!/usr/bin/env bash
# drop.sh - old parts of lanes go, at the hub and here, over a folder, http and ssh; never before a backup holds them; a hub that
# lets nobody delete loses nothing and fails no round; a kill at any step of it does no harm.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. tests/e2e/hub_http.sh
. tests/e2e/hub_ssh.sh
HUB=$T/srv/hub.git
hub_of() { echo "$HUB"; }
mkdir "$T/srv" "$T/stick"
"$JEMPUT" hub init "$HUB" >"$T/out"
at_exit+=(hub_http_stop hub_ssh_stop)
hub_http_start "$T/http" "$T/srv" hq rahasia-hq
hub_http_user van3 rahasia-van3
hub_ssh_start "$T/ssh"
regency
for side in hq van3; do hub_ssh_key "$(js $side hub show | jq -r .ssh_public_key)"; done
url() { # HOW NAME
    case $1 in
    folder) echo "$HUB" ;;
    http) echo "http://$2:rahasia-$2@127.0.0.1:$HUB_HTTP_PORT/hub.git" ;;
    ssh) echo "$HUB_SSH_URL$HUB" ;;
    esac
}

seed=40
van() {
    js van3 sync >"$T/van3.sync" 2>>"$T/van3.log"
}
hq() {
    js hq hq sync >"$T/hq.sync" 2>>"$T/hq.log"
    same "quarantined" "$(jq .quarantined "$T/hq.sync")" 0
}
rounds() { for _ in $(seq "$1"); do van && hq; done; }
record() {
    seed=$((seed + 1))
    fixtures lines $seed 4 2 "$T/in$seed"
    js van3 apply --from "$T/in$seed/lines.jsonl" >"$T/recorded"
    same "recorded" "$(jq '.recorded | length' "$T/recorded")" 4
}
# A new key, its answer, and records and a document sealed with it: then every lane has an old part.
new_parts() {
    jem hq hq rotate >"$T/out"
    hq
    van
    record
    hq
    van
}
backed_up() {
    js hq backup "$T/stick/hq.backup" >"$T/out"
    js hq hq ack --durable >"$T/out"
}
refs() { git -C "$1" for-each-ref --format='%(refname)' | grep -E "$2" | sort | tr '\n' ' '; }
ours='^refs/heads/(van|scan|feed)/3/|^refs/heads/hq/'
newest() { # the last part of each lane among words
    tr ' ' '\n' | grep . | sort -t. -k1,1 -k2,2n | awk -F. '{last[$1] = $0} END {for (i in last) print last[i]}' | sort | tr '\n' ' '
}
use() { for side in hq van3; do jem $side hub set "$(url "$1" $side)" >"$T/out"; done; }
sound() { # the hub and both ledgers, as stock git sees them
    local dir
    for dir in "$HUB" "$T/van3/ledger.git" "$T/hq/ledger.git"; do
        whole "$dir"
    done
}

record
rounds 1
for how in folder http ssh; do
    step "parts that are over go, over $how"
    use "$how"
    new_parts
    before=$(refs "$HUB" "$ours")
    [ "$before" != "$(newest <<<"$before")" ] || fail "there is nothing to drop: $before"
    if [ $how = folder ]; then
        rounds 1
        same "nothing goes before a backup holds it" "$(refs "$HUB" "$ours")" "$before"
    fi
    backed_up
    hq
    van
    same "only what is written stays" "$(refs "$HUB" "$ours")" "$(newest <<<"$before")"
    same "also at the van" "$(refs "$T/van3/ledger.git" '^refs/heads/(van|scan)/3/')" \
        "$(refs "$HUB" '^refs/heads/(van|scan)/3/')"
    same "also at HQ" "$(refs "$T/hq/ledger.git" '^refs/heads/(feed/3|hq)/')" "$(refs "$HUB" '^refs/heads/(feed/3|hq)/')"
done
sound

step "a hub that lets nobody delete"
git -C "$HUB" config receive.denyDeletes true
: >"$T/van3.log"
for how in ${JEM_SOAK:+ssh folder} http; do
    use "$how"
    new_parts
    before=$(refs "$HUB" "$ours")
    backed_up
    hq
    van
    van
    same "all parts stay there" "$(refs "$HUB" "$ours")" "$before"
    here=$(refs "$T/van3/ledger.git" '^refs/heads/(van|scan)/3/')
    same "and go here" "$here" "$(newest <<<"$here")"
    same "nothing is pending" "$(jq -c '[.pending_documents, .bytes_down < 20000]' "$T/van3.sync")" "[0,true]"
done
same "told once for each address" "$(grep -c "lets nobody delete" "$T/van3.log")" $((${JEM_SOAK:-0} ? 3 : 1))
git -C "$HUB" config receive.denyDeletes false
use folder
new_parts
backed_up
rounds 2
left=$(refs "$HUB" "$ours")
same "once it lets them, all go" "$left" "$(newest <<<"$left")"

step "killed while it lets go"
kills=(120)
[ -z "${JEM_SOAK:-}" ] || kills=(020 060 090 120 150 180 220 260 300 350 400 480 560)
killed() { # MS NAME ARGS...
    timeout -s KILL "0.$1" "$JEMPUT" -C "$T/$2" --user "${officer[$2]}" --passphrase-file "$(pass "$2")" "${@:3}" || true
}
for ms in "${kills[@]}"; do
    new_parts
    backed_up
    hq
    { killed "$ms" van3 sync; } >"$T/out" 2>&1
    { killed "$ms" hq hq sync; } >"$T/out" 2>&1
done
rounds 2
left=$(refs "$HUB" "$ours")
same "all that is over went" "$left" "$(newest <<<"$left")"
sound
van
same "nothing is pending" "$(jq -c '[.pending_events, .pending_documents]' "$T/van3.sync")" "[0,0]"
for side in van3 hq; do same "problems at $side" "$(js $side audit verify | jq -c .problems)" "[]"; done
same "every application" "$(dump hq | wc -l)" $((4 * (seed - 40)))
