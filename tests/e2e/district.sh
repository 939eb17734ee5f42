#!/usr/bin/env bash
# district.sh - a citizen asks at the nearest van for what another van took: answered with no network, and nobody's name told.
. "$(dirname "$0")/lib.sh"
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"

step "two vans and headquarters; van 3 records, van 7 does not know of it"
regency
fixtures lines 41 12 99 "$T/in"
js van3 apply --from "$T/in/lines.jsonl" >"$T/recorded"
number=$(jq -r '.recorded[0].number' "$T/recorded")
other=$(jq -r '.recorded[1].number' "$T/recorded")
qr=$(js van3 show "$number" | jq -r .qr)
refuses 3 van7 show "$number"
says "van 3"
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van7 sync >"$T/out"

step "the hub is gone: number and receipt are answered all the same"
mv "$HUB" "$HUB.away"
js van7 show "$number" >"$T/shown"
same "keys" "$(jq -cS 'keys' "$T/shown")" '["elsewhere","number","stage_day","status","status_label","told_ms","van"]'
same "stage" "$(jq -cS '[.number,.elsewhere,.van,.status]' "$T/shown")" "[\"$number\",true,3,\"received\"]"
js van7 verify "$qr" >"$T/verdict"
same "the other van's receipt" "$(jq -c '[.valid,.known,.elsewhere,.van,.status]' "$T/verdict")" '[true,false,true,3,"received"]'
[ "$(jq -r .service "$T/verdict")" != "" ] || fail "the receipt's service is not named"
has "$(jem van7 show "$qr")" "van 3"
has "$(jem van7 --lang id show "$qr")" "van 3"
# Another letter in the signature; the last one has bits that must be zero.
exits 5 js van7 verify "${qr:0:-5}$([ "${qr: -5:1}" = A ] && echo B || echo A)${qr: -4}"

step "a decision reaches it; what van 7 took itself is not told as another's"
mv "$HUB.away" "$HUB"
js hq hq decide "$number" --to verified >"$T/out"
fixtures lines 42 1 99 "$T/in7"
js van7 apply --from "$T/in7/lines.jsonl" >"$T/recorded7"
mine=$(jq -r '.recorded[0].number' "$T/recorded7")
js van7 sync >"$T/out"
js hq hq sync >"$T/out"
js van7 sync >"$T/out"
same "stage after the decision" "$(js van7 show "$number" | jq -r .status)" verified
same "untouched" "$(js van7 show "$other" | jq -r .status)" received
same "its own is whole" "$(js van7 show "$mine" | jq -r 'has("fields")')" true
same "its own at van 3" "$(js van3 sync >"$T/out" && js van3 show "$mine" | jq -c '[.elsewhere,.van]')" '[true,7]'

step "nothing of a person has come along"
"$B/tests/dump" "$T/van7" "${officer[van7]}" "$(pass van7)" >"$T/dump7"
! grep -qFf "$T/in/personal.txt" "$T/dump7" || fail "van 7 holds something personal of van 3"
same "applications at van 7" "$(wc -l <"$T/dump7")" 1
js hq hq sync >"$T/out"
before=$(js hq audit verify | jq .events)
js hq hq sync >"$T/out"
same "nothing is told twice" "$(js hq audit verify | jq .events)" "$before"
same "views fold anew to the same" "$(js van7 audit verify --rebuild | jq -c .problems)" '[]'
