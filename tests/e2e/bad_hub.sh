#!/usr/bin/env bash
# bad_hub.sh - hubs that are missing, closed or somebody else's, and commits forged, replayed, reordered or rewritten on
# the hub with stock git. The wrong is quarantined and named, the other van is not touched, and nothing is lost.
. "$(dirname "$0")/lib.sh"
. tests/e2e/hub_http.sh
HUB=$T/srv/hub.git
hub_of() { echo "$HUB"; }
mkdir "$T/srv"
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
made=0 total=0
record() { # NAME COUNT
    made=$((made + 1)) total=$((total + $2))
    fixtures lines "$((1000 + made))" "$2" 0 "$T/in$made"
    js "$1" apply --from "$T/in$made/lines.jsonl" | jq -e ".refused == [] and (.recorded | length) == $2" >"$T/out"
}
# What is quarantined. A ref of a van that nobody enrolled stays noted for a person to see, also when it is gone.
quarantine() { js hq hq inbox | jq -c '[.quarantine[] | select(.ref != "refs/heads/van/99/1.1")]'; }
# confirmed VAN: one round, and all that was ever recorded anywhere is at HQ
confirmed() {
    js "$1" sync >"$T/out"
    js hq hq sync >"$T/hq.out"
    js "$1" sync >"$T/out"
    same "pending of $1" "$(jq -c '[.pending_events, .refused]' "$T/out")" '[0,""]'
    same "quarantine" "$(quarantine)" '[]'
    same "applications at HQ" "$(js hq status | jq .applications)" $total
}
for i in 1 2 3; do
    record van3 4
    js van3 sync >"$T/out"
    record van7 3
    confirmed van7
    js van3 sync >"$T/out"
done
h() { git -C "$HUB" "$@"; }
head_of() { h rev-parse "refs/heads/$1"; }

step "hubs that are not there"
record van3 2
before=$(state van3)
rm -rf "$T/empty" && mkdir "$T/empty"
for url in "$T/nowhere.git" "$T/empty" "http://127.0.0.1:9/hub.git" "ssh://git@127.0.0.1:9/hub.git"; do
    refuses 4 van3 sync --remote "$url"
done
refuses 1 van3 sync --remote "ftp://hub.example/hub.git"
refuses 1 van3 hub set "gopher://hub.example/hub.git"
unchanged van3 "$before"

step "a hub that refuses the login"
at_exit+=(hub_http_stop)
hub_http_start "$T/http" "$T/srv" van3 benar
for url in "http://127.0.0.1:$HUB_HTTP_PORT/hub.git" "http://van3:salah@127.0.0.1:$HUB_HTTP_PORT/hub.git" \
    "http://orang:benar@127.0.0.1:$HUB_HTTP_PORT/hub.git"; do
    refuses 6 van3 sync --remote "$url"
    ! grep -qE 'salah|benar' "$T/err" || fail "the password in a message"
done
refuses 4 van3 sync --remote "http://van3:benar@127.0.0.1:$HUB_HTTP_PORT/nothing.git"
unchanged van3 "$before"
# The login that is kept is for that server alone, not for one that is typed.
jem van3 hub set "http://van3:benar@127.0.0.1:$HUB_HTTP_PORT/hub.git" >"$T/out"
refuses 6 van3 sync --remote "http://localhost:$HUB_HTTP_PORT/hub.git"
same "logins that localhost saw" "$(grep -c ' van3 .* 200 ' "$T/http/access.log" || true)" 0
exits 0 js van3 sync
jem van3 hub set "$HUB" >"$T/out"
before=$(state van3)
hub_http_stop

step "somebody else's repository"
git init -q --bare "$T/other.git"
tree=$(git -C "$T/other.git" mktree </dev/null)
commit=$(git -C "$T/other.git" -c user.name=orang -c user.email=o@example commit-tree -m halo "$tree")
for ref in main master dev; do git -C "$T/other.git" update-ref refs/heads/$ref "$commit"; done
refs=$(git -C "$T/other.git" for-each-ref)
refuses 5 van3 sync --remote "$T/other.git"
refuses 5 hq hq sync --remote "$T/other.git"
same "the other repository" "$(git -C "$T/other.git" for-each-ref)" "$refs"
unchanged van3 "$before"
confirmed van3

# ---- commits ----

# bad_lane VAN REF COMMIT: on the hub REF becomes COMMIT; HQ must quarantine it with a reason, take the other van's new
# records in the same round, and everything of the first once the ref is right again.
other_of() { if [ "$1" = van3 ]; then echo van7; else echo van3; fi; }
bad_lane() {
    local van=$1 ref=refs/heads/$2 commit=$3 good other hq there reason
    other=$(other_of "$van")
    good=$(h rev-parse "$ref")
    there=$(js hq list --limit 10000 | jq -c "[.applications[] | select(.van == ${van#van})] | map(.number) | sort")
    h update-ref "$ref" "$commit"
    record "$other" 1
    js "$other" sync >"$T/out"
    js hq hq sync >"$T/hq.out"
    same "quarantined" "$(jq .quarantined "$T/hq.out")" 1
    [ "$(jq .accepted_events "$T/hq.out")" -ge 1 ] || fail "the other van was held up"
    same "records of $van at HQ" "$(js hq list --limit 10000 | jq -c "[.applications[] | select(.van == ${van#van})] | map(.number) | sort")" "$there"
    js hq hq inbox >"$T/inbox"
    same "what is quarantined" "$(jq -c '.quarantine | map([.ref, .head])' "$T/inbox")" "[[\"$ref\",\"$commit\"]]"
    reason=$(jq -r '.quarantine[0].reason' "$T/inbox")
    [ ${#reason} -gt 20 ] || fail "no reason: $reason"
    echo "          $reason"
    js "$other" sync >"$T/out"
    same "the other van is confirmed" "$(jq .pending_events "$T/out")" 0
    h update-ref "$ref" "$good"
    confirmed "$van"
}
as_anybody=(-c user.name=orang -c user.email=van-3@jemput.invalid)
ssh-keygen -q -t ed25519 -N '' -C orang -f "$T/orang"
signed_by_other=("${as_anybody[@]}" -c gpg.format=ssh -c user.signingkey="$T/orang")

# The next segment of van 3, sealed and pushed but not merged: what an attacker at the hub can work on.
fresh_segment() {
    accepted=$(head_of van/3/1.1)
    record van3 2
    js van3 sync >"$T/out"
    fresh=$(head_of van/3/1.1)
    [ "$accepted" != "$fresh" ] || fail "no new segment"
    subject=$(h log -1 --format=%s "$fresh")
}

step "forged: unsigned"
fresh_segment
bad_lane van3 van/3/1.1 "$(h "${as_anybody[@]}" commit-tree -p "$accepted" -m "$subject" "$fresh^{tree}")"
step "forged: signed with another key"
fresh_segment
bad_lane van3 van/3/1.1 "$(h "${signed_by_other[@]}" commit-tree -S -p "$accepted" -m "$subject" "$fresh^{tree}")"
step "forged: the signature of another commit"
fresh_segment
h cat-file commit "$fresh" | sed '/^$/,$ s/events [0-9]*/events 1/' >"$T/commit"
bad_lane van3 van/3/1.1 "$(h hash-object -t commit -w "$T/commit")"
step "forged: other bytes under a real message"
fresh_segment
printf 'JSG1 bukan segmen' >"$T/blob"
tree=$(printf '100644 blob %s\tsegment\n' "$(h hash-object -w "$T/blob")" | h mktree)
bad_lane van3 van/3/1.1 "$(h "${as_anybody[@]}" commit-tree -p "$accepted" -m "$subject" "$tree")"
step "replayed: an old segment again, on top"
old=$(h rev-list --max-parents=0 refs/heads/van/3/1.1)
bad_lane van3 van/3/1.1 "$(h "${as_anybody[@]}" commit-tree -p "$(head_of van/3/1.1)" -m "$(h log -1 --format=%s "$old")" "$old^{tree}")"
step "replayed: the other van's signed commits"
bad_lane van3 van/3/1.1 "$(head_of van/7/1.1)"
step "replayed: HQ's signed commits"
bad_lane van3 van/3/1.1 "$(head_of feed/3/1.1)"
step "replayed: rolled back to an older head"
bad_lane van3 van/3/1.1 "$(h rev-parse refs/heads/van/3/1.1~1)"
step "reordered: the last two commits the other way round"
record van3 1
js van3 sync >"$T/out"
record van3 1
js van3 sync >"$T/out"
last=$(head_of van/3/1.1)
base=$(h rev-parse "$last~2")
one=$(h "${as_anybody[@]}" commit-tree -p "$base" -m "$(h log -1 --format=%s "$last")" "$last^{tree}")
bad_lane van3 van/3/1.1 "$(h "${as_anybody[@]}" commit-tree -p "$one" -m "$(h log -1 --format=%s "$last~1")" "$last~1^{tree}")"
step "reordered: one left out"
record van3 1
js van3 sync >"$T/out"
record van3 1
js van3 sync >"$T/out"
last=$(head_of van/3/1.1)
bad_lane van3 van/3/1.1 "$(h cat-file commit "$last" | sed "s/^parent .*/parent $(h rev-parse "$last~2")/" | h hash-object -t commit -w --stdin)"
step "rewritten: the whole lane anew"
commit=
for old in $(h rev-list --reverse refs/heads/van/3/1.1); do
    commit=$(h "${signed_by_other[@]}" commit-tree -S ${commit:+-p "$commit"} -m "$(h log -1 --format=%s "$old")" "$old^{tree}")
done
bad_lane van3 van/3/1.1 "$commit"
step "a merge on a van's lane"
bad_lane van3 van/3/1.1 "$(h "${as_anybody[@]}" commit-tree -p "$(head_of van/3/1.1)" -p "$(head_of van/7/1.1)" -m "segment 9: events 1-2" "$(head_of van/3/1.1)^{tree}")"

step "a van that nobody enrolled"
h update-ref refs/heads/van/99/1.1 "$(head_of van/7/1.1)"
js hq hq sync >"$T/hq.out"
same "quarantined" "$(jq .quarantined "$T/hq.out")" 1
same "what is quarantined" "$(js hq hq inbox | jq -r '.quarantine[].ref')" refs/heads/van/99/1.1
h update-ref -d refs/heads/van/99/1.1

step "the van finds its own lane rewritten"
good=$(head_of van/3/1.1)
record van3 2
before=$(state van3)
h update-ref refs/heads/van/3/1.1 "$commit"
refuses 5 van3 sync
same "the forged lane was not built upon" "$(head_of van/3/1.1)" "$commit"
same "still waiting" "$(js van3 status | jq '.pending_events >= 2')" true
h update-ref refs/heads/van/3/1.1 "$good"
js van3 sync >"$T/out"

step "the hub restored from an old backup"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
for ref in van/3/1.1 feed/3/1.1 hq/1.1; do h update-ref refs/heads/$ref "$(h rev-parse "refs/heads/$ref~1")"; done
record van3 1
exits 5 js van3 sync # the feed went back: not believed, and said; the records go out all the same
[ "$(jq .pushed_events "$T/out")" -ge 1 ] || fail "the van's records were held up"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
same "the van's last round" "$(jq -c '[.pending_events, .refused]' "$T/out")" '[0,""]'
same "nothing was lost at HQ" "$(js hq status | jq .applications)" $total

# ---- the feed ----
bad_feed() { # COMMIT
    local good events
    good=$(head_of feed/3/1.1)
    record van3 1
    events=$(js van3 audit verify | jq .events)
    h update-ref refs/heads/feed/3/1.1 "$1"
    exits 5 js van3 sync
    [ "$(jq -r '.refused | length' "$T/out")" -gt 20 ] || fail "no reason: $(<"$T/out")"
    echo "          $(jq -r .refused "$T/out")"
    [ "$(jq .pushed_events "$T/out")" -ge 1 ] || fail "the van's records were held up"
    same "events of the van" "$(js van3 audit verify | jq .events)" "$events"
    h update-ref refs/heads/feed/3/1.1 "$good"
    confirmed van3
}
step "a feed that HQ did not write"
accepted=$(head_of feed/3/1.1)
bad_feed "$(h "${as_anybody[@]}" commit-tree -p "$accepted" -m "segment 99: events 1-2" "$accepted^{tree}")"
bad_feed "$(h "${signed_by_other[@]}" commit-tree -S -p "$(head_of feed/3/1.1)" -m "segment 99: events 1-2" "$(head_of feed/3/1.1)^{tree}")"
bad_feed "$(head_of feed/7/1.1)"
bad_feed "$(head_of van/3/1.1)"

step "rubbish on the document lane"
number=$(js van3 list --limit 1 | jq -r '.applications[0].number')
scan() { # SEED: one more document of that application
    fixtures jpeg "$T/scan.jpg" $((500 + $1)) 700
    jem van3 attach "$number" lain="$T/scan.jpg" >"$T/out"
    js van3 sync >"$T/out"
}
documents_arrive() {
    js hq hq sync >"$T/hq.out"
    js van3 sync >"$T/out"
    js hq hq sync >"$T/hq.out"
    js van3 sync >"$T/out"
    same "$1: documents at HQ" "$(js hq show "$number" | jq -c '[.documents[] | [.pages, .arrived, .complete]]')" "[[$2,$2,true]]"
    same "$1: nothing waits" "$(jq -c '[.pending_documents, .refused]' "$T/out")" '[0,""]'
    same "$1: quarantine" "$(quarantine)" '[]'
}
scan 1
documents_arrive "as it should be" 1
good=$(head_of scan/3/1.1)
printf 'sampah' >"$T/blob"
tree=$(printf '100644 blob %s\tchunk\n' "$(h hash-object -w "$T/blob")" | h mktree)
h update-ref refs/heads/scan/3/1.1 "$(h "${as_anybody[@]}" commit-tree -p "$good" -m "chunk 9" "$tree")"
js hq hq sync >"$T/hq.out"
h update-ref refs/heads/scan/3/1.1 "$good"
scan 2
documents_arrive "rubbish on top, then taken away" 2
good=$(head_of scan/3/1.1)
h update-ref refs/heads/scan/3/1.1 "$(h "${as_anybody[@]}" commit-tree -m "chunk 1" "$tree")"
js hq hq sync >"$T/hq.out"
h update-ref refs/heads/scan/3/1.1 "$good"
scan 3
documents_arrive "rewritten, then restored" 3

step "HQ's own lane rewritten"
good=$(head_of hq/1.1)
h update-ref refs/heads/hq/1.1 "$(h "${as_anybody[@]}" commit-tree -m "halo" "$good^{tree}")"
record van7 1
js van7 sync >"$T/out"
rc=0
js hq hq sync >"$T/hq.out" 2>"$T/err" || rc=$?
[ $rc = 0 ] || [ $rc = 5 ] || fail "exit $rc: $(<"$T/err")"
h update-ref refs/heads/hq/1.1 "$good"
confirmed van7
js van3 sync >"$T/out"
same "pending of van3" "$(jq -c '[.pending_events, .refused]' "$T/out")" '[0,""]'
for side in hq van3 van7; do jem $side audit verify --rebuild >"$T/out"; done
step "done"
