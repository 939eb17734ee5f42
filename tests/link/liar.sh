#!/usr/bin/env bash
# liar.sh - a hub that lies in every way that liar.cgi knows, one after the other, and then at random at each request. While it
# lies, no van takes an application for confirmed that headquarters does not have, and nobody takes up anything wrong; as soon as
# it tells the truth, all that was recorded arrives, once, and nothing is left in quarantine. JEM_SEED chooses the random lies,
# JEM_ROUNDS how many rounds of them there are.
. "$(dirname "$0")/link.inc.sh"
deadline=5 rounds=${JEM_ROUNDS:-$([ $full = 1 ] && echo 200 || echo 8)} seed=${JEM_SEED:-$RANDOM}
lie() { echo "$*" >"$T/lie"; }
declare -A ends # how many rounds ended with which exit
lie truth
HUB_HTTP_CGI=$PWD/tests/link/liar.cgi
hub_http
made=0
: >"$T/van3.numbers"
: >"$T/van7.numbers"

# record NAME COUNT: applications, the first with a scan
record() {
    made=$((made + 1))
    fixtures lines $((4000 + made)) "$2" 0 "$T/in$made"
    fixtures jpeg "$T/in$made/1.jpg" 400 $((500 + made))
    jq -c --arg scan "$T/in$made/1.jpg" 'if input_line_number == 1 then .attach.lain = $scan else . end' \
        "$T/in$made/lines.jsonl" >"$T/lines"
    js "$1" apply --from "$T/lines" >"$T/out"
    same "refused at $1" "$(jq -c .refused "$T/out")" '[]'
    jq -r '.recorded[].number' "$T/out" >>"$T/$1.numbers"
}
# round NAME...: at once. Whatever comes of it, the program ends by itself and in good time, with an exit that it knows.
round() {
    local name rc
    local -A running=()
    for name in "$@"; do
        if [ $name = hq ]; then js hq hq sync >"$T/hq.out" 2>"$T/hq.err" &
        else js $name sync --deadline $deadline >"$T/$name.out" 2>"$T/$name.err" & fi
        running[$name]=$!
    done
    for name in "$@"; do
        rc=0
        wait "${running[$name]}" || rc=$?
        case $rc in # a link that fails, history that is wrong, a hub that refuses
        0 | 4 | 5 | 6) ends[$rc]=$((${ends[$rc]:-0} + 1)) ;;
        *) fail "$name: exit $rc under '$(<"$T/lie")': $(<"$T/$name.err")" ;;
        esac
    done
}
# What a van takes for confirmed is at headquarters.
honest() {
    dump hq | jq -r .number | sort >"$T/hq.numbers"
    same "applications twice at headquarters" "$(uniq -d "$T/hq.numbers")" ''
    for van in van3 van7; do
        js $van list --unconfirmed --limit 10000 | jq -r '.applications[].number' | sort >"$T/unconfirmed"
        same "confirmed at $van and not at headquarters, under '$(<"$T/lie")'" \
            "$(sort "$T/$van.numbers" | comm -23 - "$T/unconfirmed" | comm -23 - "$T/hq.numbers")" ''
    done
}
# The hub tells the truth: everything arrives. A side that was told that what it sent is there learns in one round that it is not,
# and sends it in the next; what is confirmed to it then needs the other side to have done so too.
truth() {
    local tries=0 deadline=60
    lie truth
    while
        [ $((tries += 1)) -le 4 ] || fail "not all has arrived after 4 rounds of truth: $(<"$T/van3.out") $(<"$T/van7.out")"
        round van3 van7
        round hq
        round van3 van7
        [ "$(jq -cs 'map([.pending_events, .pending_documents, .refused])' "$T/van3.out" "$T/van7.out")" != '[[0,0,""],[0,0,""]]' ]
    do :; done
    echo "      $tries of truth"
    round hq
    arrived van3 van7
    same "quarantine" "$(js hq hq inbox | jq -c .quarantine)" '[]'
}

step "enrolment, and two honest days"
record van3 3
record van7 3
truth
cp -a "$HUB" "$T/old.git"
record van3 2
record van7 2
truth

for lie in swallow forget deaf mute refuse replay swap rewrite reorder twice truncate; do
    step "the hub's lie: $lie"
    ends=()
    record van3 2
    record van7 2
    lie $lie
    before=$(wc -l <"$T/lie.log")
    round van3 van7
    round hq van3
    told=$(tail -n +$((before + 1)) "$T/lie.log" | grep -c "^$lie ")
    [ "$told" -gt 0 ] || fail "it did not lie"
    honest
    truth
    echo "      $told requests; the rounds' exits: $(for i in "${!ends[@]}"; do printf '%s: %s  ' "$i" "${ends[$i]}"; done)"
done

step "$rounds rounds of random lies, JEM_SEED=$seed"
ends=()
lie random "$seed"
for ((i = 0; i < rounds; i++)); do
    [ $((i % 3)) != 0 ] || record van$((i % 2 * 4 + 3)) 2
    round van3 van7
    round hq
    [ $((i % 4)) != 3 ] || honest
done
honest
echo "      the lies: $(cut -d' ' -f1 "$T/lie.log" | tail -n +"$before" | sort | uniq -c | awk '{printf "%s %s  ", $2, $1}')"
truth
for name in hq van3 van7; do same "problems at $name" "$(js $name audit verify | jq -c .problems)" '[]'; done
step "done"
