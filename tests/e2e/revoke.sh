#!/usr/bin/env bash
# revoke.sh - a laptop is stolen and goes on recording: nothing of it enters until a person admits a part. The van gets another
# laptop, with everything that was accepted; what the old one still sends is held, and its receipts stay good.
. "$(dirname "$0")/lib.sh"
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
officer[clerk]=dewi officer[fresh]=siti officer[thief]=siti
some() { # NAME SEED COUNT: applications, whose numbers go to T/SEED.numbers and receipts to T/SEED.qr
    fixtures lines "$2" "$3" 0 "$T/in$2"
    js "$1" apply --from "$T/in$2/lines.jsonl" >"$T/$2.recorded"
    jq -r '.recorded[].number' "$T/$2.recorded" >"$T/$2.numbers"
    same "recorded at $1" "$(wc -l <"$T/$2.numbers")" "$3"
    js "$1" show "$(head -1 "$T/$2.numbers")" | jq -r .qr >"$T/$2.qr"
}
held() { js hq hq quarantine | jq -c "$1"; }
at_hq() { js hq list --limit 1000 | jq -r '.applications[].number' | grep -cFf "$T/$1.numbers" || true; }

some van3 1 20
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
same "before" "$(at_hq 1)" 20

step "the laptop is stolen: revoked after what is accepted"
exits 2 jem hq hq revoke 3
exits 2 jem hq hq revoke nol --reason "x"
refuses 3 hq hq revoke 9 --reason "laptop dicuri"
refuses 6 van3 hq revoke 3 --reason "laptop dicuri"
refuses 3 hq hq revoke 3 --after 3.0.1.9999 --reason "laptop dicuri"
refuses 1 hq hq revoke 3 --after 7.0.1.1 --reason "laptop dicuri"
refuses 3 hq hq revoke 3 --after 0123456789 --reason "laptop dicuri"
before=$(state hq)
some van3 2 6 # recorded by whoever has it, in two commits
js van3 sync >"$T/out"
head1=$(git -C "$HUB" rev-parse refs/heads/van/3/1.1)
some van3 3 4
js van3 sync >"$T/out"
js hq hq revoke 3 --reason "laptop dicuri di Cibeber" >"$T/revoked"
same "place" "$(jq -c '[.van, .inc, .past, .numbers]' "$T/revoked")" '[3,1,0,[]]'
accepted=$(jq .seq "$T/revoked")
js hq hq sync >"$T/merged"
same "quarantined" "$(jq '[.accepted_events, .quarantined]' -c "$T/merged")" '[0,1]'
same "nothing entered" "$(at_hq 2) $(at_hq 3)" "0 0"
same "held" "$(held '[.quarantine[] | [.ref, .class, .kind, .van, .commits, .events]]')" '[["refs/heads/van/3/1.1","late","van",3,2,10]]'
has "$(jem hq hq quarantine)" "van/3/1.1"
has "$(jem hq hq inbox)" "van/3/1.1"

step "looked at, admitted in part, the rest refused"
js hq hq quarantine van/3/1.1 >"$T/look"
same "opened" "$(jq -c '[.holds, .wrong, [.steps[].events]]' "$T/look")" '[2,"",[6,4]]'
same "numbers told" "$(jq -r '.steps[0].numbers[]' "$T/look" | sort)" "$(sort "$T/2.numbers")"
same "nothing changed by looking" "$(at_hq 2) $(at_hq 3)" "0 0"
refuses 3 hq hq admit van/7/1.1 --reason "tidak ada"
refuses 1 hq hq admit van/3/1.1 --head 0000000000 --reason "salah"
exits 2 jem hq hq admit van/3/1.1
exits 2 jem hq hq refuse van/3/1.1
jem hq user add dewi --name Dewi --role clerk --new-passphrase-file "$(pass clerk)" >"$T/out"
clerk() { "$JEMPUT" -C "$T/hq" --user dewi --passphrase-file "$(pass clerk)" "$@"; }
exits 6 clerk hq admit van/3/1.1 --reason "ingin membantu"
exits 6 clerk hq refuse van/3/1.1 --reason "ingin membantu"
exits 6 clerk hq revoke 7 --reason "ingin membantu"
js hq hq admit van/3/1.1 --head "${head1:0:10}" --reason "cocok dengan lembar harian" >"$T/admitted"
same "taken in" "$(jq -c '[.head, .accepted_events, .taken]' "$T/admitted")" "[\"$head1\",6,true]"
same "the part that was admitted" "$(at_hq 2) $(at_hq 3)" "6 0"
same "the rest is held" "$(held '[.quarantine[] | [.class, .commits, .events]]')" '[["late",1,4]]'
js hq hq refuse van/3/1.1 --reason "dibuat setelah dicuri" >"$T/out"
same "refused" "$(held .quarantine)" '[]'
js hq hq sync >"$T/merged"
same "and stays so" "$(jq -c '[.accepted_events, .quarantined]' "$T/merged")" '[0,0]'
same "not in" "$(at_hq 3)" 0

step "the thief goes on: shown again, since it moved"
cp -r "$T/van3" "$T/thief"
cp "$(pass van3)" "$T/thief.pass"
some thief 4 3 || true
js thief sync >"$T/out" || true
js hq hq sync >"$T/merged"
same "quarantined again" "$(held '[.quarantine[] | [.class, .commits, .events]]')" '[["late",2,7]]'

step "what is broken cannot be admitted; a van that nobody enrolled can be dismissed"
git -C "$HUB" update-ref refs/heads/van/9/1.1 "$head1"
git -C "$HUB" update-ref refs/heads/van/7/1.1 "$head1"
js hq hq sync >"$T/merged"
same "broken" "$(held '[.quarantine[] | select(.van != 3) | [.ref, .class]]')" '[["refs/heads/van/7/1.1","broken"],["refs/heads/van/9/1.1","broken"]]'
refuses 1 hq hq admit van/9/1.1 --reason "coba"
refuses 1 hq hq admit van/7/1.1 --reason "coba"
js hq hq refuse van/9/1.1 --reason "bukan van kami" >"$T/out"
js hq hq refuse van/7/1.1 --reason "tertukar" >"$T/out"
git -C "$HUB" update-ref -d refs/heads/van/9/1.1
git -C "$HUB" update-ref -d refs/heads/van/7/1.1
step "an old part, sent again"
before=$(state hq)
now=$(git -C "$HUB" rev-parse refs/heads/van/3/1.1)
git -C "$HUB" update-ref refs/heads/van/3/1.1 "$(git -C "$HUB" rev-list --max-parents=0 "$now")"
js hq hq sync >"$T/merged"
same "replayed" "$(held '[.quarantine[] | select(.van == 3) | .class]')" '["broken"]'
refuses 1 hq hq admit van/3/1.1 --reason "coba"
unchanged hq "$before"
git -C "$HUB" update-ref refs/heads/van/3/1.1 "$now"
js hq hq sync >"$T/merged"
same "right again" "$(held '[.quarantine[] | select(.van == 3) | .class]')" '["late"]'

step "another laptop"
jem fresh init --role van --name "Van 3 baru" --hub "$HUB" >"$T/out"
words=$(js fresh enrol request -o "$T/fresh.request" | jq -r .words)
refuses 1 hq hq enrol "$T/fresh.request" --number 3 -o "$T/fresh.grant"
refuses 3 hq hq reissue "$T/fresh.request" --number 9 -o "$T/fresh.grant"
exits 6 jem hq hq reissue "$T/fresh.request" --number 3 -o "$T/fresh.grant" --words "${words%-*}-salah"
refuses 6 van7 hq reissue "$T/fresh.request" --number 3 -o "$T/fresh.grant"
js hq hq reissue "$T/fresh.request" --number 3 -o "$T/fresh.grant" --words "$words" >"$T/issued"
same "the request's words" "$(jq -r .request_words "$T/issued")" "$words"
[ "$(jq .inc "$T/issued")" -gt 1 ] || fail "no new incarnation"
before=$(state hq)
js hq hq reissue "$T/fresh.request" --number 3 -o "$T/again.grant" >"$T/out"
same "asked again" "$(jq .inc "$T/out")" "$(jq .inc "$T/issued")"
unchanged hq "$before"
refuses 1 hq hq reissue "$T/van3.request" --number 3 -o "$T/old.grant"
refuses 1 hq hq reissue "$T/van7.request" --number 3 -o "$T/old.grant"
js fresh enrol accept "$T/fresh.grant" --words "$(jq -r .words "$T/issued")" >"$T/out"
js hq hq sync >"$T/out"
js fresh sync >"$T/sync"
same "all old applications" "$(js fresh list --limit 1000 | jq -r '.applications[].number' | sort)" "$(sort "$T/1.numbers" "$T/2.numbers")"
some fresh 5 3
js fresh sync >"$T/sync"
js hq hq sync >"$T/merged"
js fresh sync >"$T/sync"
same "sync" "$(jq -c '[.pending_events, .refused]' "$T/sync")" '[0,""]'
same "new work" "$(at_hq 5)" 3
same "all confirmed" "$(js fresh list --limit 1000 | jq -c '[.applications[].confirmed] | unique')" '[true]'
js van7 sync >"$T/out"
for who in hq fresh van7; do
    for n in 1 2 5; do
        same "receipt $n at $who" "$(js $who verify "$(<"$T/$n.qr")" | jq -c '[.valid, .number]')" "[true,\"$(head -1 "$T/$n.numbers")\"]"
    done
done
jem hq hq status-export -o "$T/status.db" >"$T/out"
jem hq hq signers -o "$T/signers"
same "keys of van 3 for git" "$(grep -c '^van-3@' "$T/signers")" 2
git -C "$HUB" rev-list --glob=refs/heads/van/3 | xargs git -C "$HUB" -c gpg.ssh.allowedSignersFile="$T/signers" verify-commit 2>"$T/err"

step "the old laptop still tries"
some thief 6 2 || true
js thief sync >"$T/out" || true
js hq hq sync >"$T/merged"
same "held" "$(held '[.quarantine[] | [.ref, .class]]')" '[["refs/heads/van/3/1.1","late"]]'
same "nothing of it" "$(at_hq 3) $(at_hq 4)" "0 0"
js fresh sync >"$T/sync"
js hq hq sync >"$T/out"
same "the new one goes on" "$(jq -c '[.pending_events, .refused]' "$T/sync")" '[0,""]'

step "admitted after all: the new laptop gets it too"
js hq hq admit van/3/1.1 --reason "ternyata petugas kami" >"$T/admitted"
same "all of it" "$(jq -r .taken "$T/admitted")" true
same "at headquarters" "$(at_hq 3)" 4
js hq hq sync >"$T/out"
js fresh sync >"$T/sync"
same "at the new laptop" "$(js fresh list --limit 1000 | jq -r '.applications[].number' | grep -cFf "$T/3.numbers")" 4

step "views rebuilt"
for who in hq fresh van7; do
    before=$(state $who)
    same "views of $who" "$(js $who audit verify --rebuild | jq -c '[.events,.blobs,.digest,.problems]')" "$before"
done
step "done"
