#!/usr/bin/env bash
# dictionary.sh - headquarters trains a dictionary on what its vans recorded and publishes it; from then on vans seal with
# it, and everything is still the same on both sides.
. "$(dirname "$0")/lib.sh"
. tests/e2e/round.inc.sh
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
regency

# dictionary REF: the number in the header of the newest segment
dictionary() { git -C "$HUB" cat-file blob "$1:segment" | od -An -tu1 -j16 -N2 | awk '{print $1 * 256 + $2}'; }

step "too few records"
exits 1 js hq hq dictionary train

step "two vans at work"
for van in van3 van7; do
    for day in 1 2; do
        fixtures lines "$((${van#van} * 10 + day))" 300 0 "$T/$van.$day"
        js $van apply --from "$T/$van.$day/lines.jsonl" | jq -r '.recorded[].number' >>"$T/$van.numbers"
    done
done
sync_all
same "the dictionary of the program" "$(dictionary refs/heads/van/3/1.1) $(dictionary refs/heads/feed/3/1.1)" "1 1"

step "headquarters trains"
js hq hq dictionary train >"$T/trained"
jq -c . "$T/trained"
jq -e '.published and .after < .before and .id > 255' "$T/trained" >"$T/out" || fail "$(<"$T/trained")"
id=$(jq .id "$T/trained")
js hq hq dictionary train >"$T/again"
same "the same records train the same, once" "$(jq -c '[.published, .id]' "$T/again")" "[false,$id]"

step "the vans get it and use it"
sync_all
for van in van3 van7; do
    fixtures lines "${van#van}" 20 10 "$T/$van.3"
    js $van apply --from "$T/$van.3/lines.jsonl" | jq -r '.recorded[].number' >>"$T/$van.numbers"
done
sync_all
same "sealed with it" "$(dictionary refs/heads/van/3/1.1) $(dictionary refs/heads/van/7/1.1)" "$id $id"
js hq hq decide "$(number van3 5)" --to verified >"$T/out"
sync_all
equal_everywhere

step "nobody who may not"
exits 6 js van3 hq dictionary train
