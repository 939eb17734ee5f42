#!/usr/bin/env bash
# demo.sh - `make run`: the demo regency comes up, answers, shows every kind of work, stops on Ctrl-C and on TERM with
# nothing left running, comes up again over its own leftovers, and touches no folder that is not a demo's.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
set -m # the demo in a process group of its own: Ctrl-C reaches the group
export JEMPUT_DEMO_DIR=$T/demo

end_group() { kill -9 -- "-$1" 2>/dev/null; }
# up: starts the demo and waits until it has said everything
up() {
    : >"$T/said"
    src/cli/demo.sh >"$T/said" 2>&1 &
    demo=$!
    at_exit+=("end_group $demo")
    local waited=0
    until grep -q verify-commit "$T/said"; do
        kill -0 $demo 2>/dev/null || fail "the demo ended: $(tail -5 "$T/said")"
        [ $((waited += 1)) -lt 3000 ] || fail "the demo is not up: $(tail -5 "$T/said")"
        sleep 0.1
    done
    sed -n 's/.* \(http:[^ ]*\).*/\1/p' "$T/said" >"$T/urls"
    same "addresses" "$(wc -l <"$T/urls")" 5
}
# down SIGNAL TARGET: ends well, and nothing of it runs on
down() {
    local rc=0 url
    kill "-$1" -- "$2"
    wait $demo || rc=$?
    same "exit after $1" $rc 0
    has "$(tail -1 "$T/said")" "The demo is stopped"
    ! kill -0 -- -$demo 2>/dev/null || fail "left running after $1: $(ps -o pid,args -C jemput)"
    while read -r url; do
        ! curl -s -o "$T/out" "$url" || fail "$url still answers"
    done <"$T/urls"
    flock -n "$T/demo/.jemput-demo" true || fail "the folder is still held after $1"
}
said() { sed -n "s/.*$1.*/\\1/p" "$T/said" | head -1; }
count() { js_of office list --limit 200 --status "$1" | jq '.applications | length'; }
js_of() {
    local name=$1
    shift
    "$T/demo/$name" --json "$@"
}

step "up"
up
mapfile -t urls <"$T/urls"
for url in "${urls[@]:0:3}"; do
    same "login page of $url" "$(curl -s -L -o "$T/page" -w '%{http_code}' "$url/")" 200
    has "$(<"$T/page")" 'type=password'
done
same "status site" "$(curl -s -o "$T/page" -w '%{http_code}' "${urls[3]}/")" 200
has "$(curl -s "${urls[4]}?l=en")" "Needs correction"
number=$(said 'try number \([0-9A-Z-]*\) ')
has "$(curl -s "${urls[3]}/T/${number//-/}?l=en")" "Handed over"

step "what was recorded"
same "applications at the office" "$(js_of office list --limit 200 | jq '.applications | length')" 41
same "applications in the vans" "$({ js_of van1 list --limit 200; js_of van2 list --limit 200; } | jq '.applications | length' | paste -sd+)" 25+25
same "not yet sent" "$({ js_of van1 list --unconfirmed; js_of van2 list --unconfirmed; } | jq '.applications | length' | paste -sd+)" 5+4
for status in handed_over ready in_process verified received returned rejected withdrawn; do
    [ "$(count $status)" -gt 0 ] || fail "no application is $status"
done
same "conflicts and pairs" "$(js_of office hq conflicts | jq -c '[.conflicts, .duplicates | length]')" '[1,1]'
same "refused lanes" "$(js_of office hq inbox | jq '.quarantine | length')" 0
same "page of a receipt" "$(head -c 4 "$T/demo/receipt.png" | tail -c 3)" PNG

step "what it says to try"
sed -n '/^Try/,$s/^  //p' "$T/said" | sed 's/   *\(what\|recorded\) .*//' >"$T/commands"
[ "$(wc -l <"$T/commands")" -ge 10 ] || fail "few commands: $(<"$T/commands")"
while read -r command; do
    (cd "$T" && bash -c "$command" >"$T/out" 2>"$T/err") || fail "$command: $(head -3 "$T/err")"
done <"$T/commands"
same "conflicts and pairs after the rulings" "$(js_of office hq conflicts | jq -c '[.conflicts, .duplicates | length]')" '[0,0]'
same "all is sent" "$(js_of van1 list --unconfirmed | jq '.applications | length')" 0

step "one demo a folder"
exits 1 src/cli/demo.sh
has "$(<"$T/err")" "a demo is running"
[ -s "$T/demo/status.db" ] || fail "the running demo lost its files"

step "down by Ctrl-C, up again where a port is taken, down by TERM"
down INT -$demo
cp "$T/demo/status.db" "$T/other.db"
"$JEMPUT" --json status-site --db "$T/other.db" --listen 127.0.0.1:0 >"$T/other" &
at_exit+=("end_group $!")
until [ -s "$T/other" ]; do sleep 0.1; done
taken=$(sed 's/.*:\([0-9]*\)[^0-9]*$/\1/' "$T/other")
JEMPUT_DEMO_PORTS="$taken 0 0" up
mapfile -t urls <"$T/urls"
[ "${urls[0]}" != "http://127.0.0.1:$taken" ] || fail "two servers on port $taken"
same "login page of ${urls[0]}" "$(curl -s -L -o "$T/page" -w '%{http_code}' "${urls[0]}/")" 200
down TERM $demo

step "a folder that is not a demo's"
mkdir "$T/mine"
echo keep >"$T/mine/letter"
JEMPUT_DEMO_DIR=$T/mine exits 1 src/cli/demo.sh
has "$(<"$T/err")" "is not a demo"
same "the folder" "$(ls -A "$T/mine")" letter
