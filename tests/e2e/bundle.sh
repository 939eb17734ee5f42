#!/usr/bin/env bash
# bundle.sh - the whole round without any hub: two vans and HQ exchange files on a stick until all agree; a van carries
# another's; files are lost, cut, mixed up and read twice. The stick is a real FAT file system where one can be mounted (by
# the kernel, else by FUSE), a folder otherwise; the first line says which.
. "$(dirname "$0")/lib.sh"
. tests/e2e/round.inc.sh
hub_of() { echo "$T/no-hub.git"; }
HUB=$T/none

STICK=$T/stick
mkdir "$STICK"
plug() {
    truncate -s 48M "$T/stick.img"
    mkfs.vfat "$T/stick.img" >"$T/mkfs" 2>&1 || return 1
    mount -t vfat -o loop "$T/stick.img" "$STICK" 2>/dev/null && echo "FAT by the kernel" >"$T/kind" && return
    fusefat -o rw+ "$T/stick.img" "$STICK" >"$T/mkfs" 2>&1 && mountpoint -q "$STICK" && echo "FAT by FUSE" >"$T/kind"
}
if [ -z "${E2E_NO_MOUNT:-}" ] && plug; then
    at_exit+=("umount -l $STICK")
else
    echo "a plain folder" >"$T/kind"
fi
step "the stick is $(<"$T/kind")"

# give FROM FILE [--for ...]: FROM writes it, stock git accepts it where it is going
give() {
    local from=$1 file=$STICK/$2
    shift 2
    js "$from" bundle export "$file" "$@" >"$T/given"
    same "what was exported" "$(jq -r .exported "$T/given")" "$file"
    same "its size" "$(jq .bytes "$T/given")" "$(stat -c %s "$file")"
    [ ! -e "$file.tmp" ] || fail "a temporary file stays on the stick"
}
# take TO FILE: TO reads it; nothing in it may be refused
take() {
    js "$1" bundle import "$STICK/$2" >"$T/taken"
    same "refused by $1" "$(jq -r '.refused, (.quarantined // 0)' "$T/taken" | tr '\n' ' ')" " 0 "
}
checks() { git -C "$T/$1/ledger.git" bundle verify -q "$STICK/$2" 2>"$T/verify" || fail "git at $1: $(<"$T/verify")"; }

# As over a hub: both vans to HQ, then HQ to both.
sync_all() {
    local van
    for van in van3 van7; do
        give $van $van.bundle
        take hq $van.bundle
        checks hq $van.bundle
        cp "$T/taken" "$T/$van.merge"
    done
    for van in van3 van7; do
        give hq for-$van.bundle --for van "${van#van}"
        take $van for-$van.bundle
        checks $van for-$van.bundle
    done
}

step "enrolment"
regency
step "300 applications with documents"
record van3 31
record van7 71
refuses 4 van3 sync

step "first files"
give van3 first.bundle
first=$(stat -c %s "$STICK/first.bundle")
git clone -q --bare "$STICK/first.bundle" "$T/clone" || fail "a first file is not cloned"
git -C "$T/clone" fsck --strict 2>"$T/fsck" || fail "$(<"$T/fsck")"
same "lanes in the clone" "$(git -C "$T/clone" for-each-ref --format='%(refname)' | tr '\n' ' ')" "refs/heads/scan/3/1.1 refs/heads/van/3/1.1 "
sort -u "$T/van3.in/personal.txt" >"$T/personal"
git -C "$T/clone" cat-file --batch --batch-all-objects >"$T/objects"
! LC_ALL=C grep -a -o -i -F -f "$T/personal" "$T/objects" "$STICK/first.bundle" >"$T/found" || fail "leaks: $(head -3 "$T/found")"

step "cut and damaged"
before=$(state hq)
for at in 0 15 16 4096 8192 65536 $((first / 8192 * 4096)) $((first / 4096 * 4096)) $((first - 20)) $((first - 1)); do
    head -c "$at" "$STICK/first.bundle" >"$T/cut.bundle"
    rc=0
    js hq bundle import "$T/cut.bundle" >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = 1 ] || [ $rc = 5 ] || fail "exit $rc for a file of $at bytes: $(<"$T/err")"
done
cp "$STICK/first.bundle" "$T/bad.bundle"
printf 'x' | dd of="$T/bad.bundle" bs=1 seek=$((first / 2)) conv=notrunc status=none
refuses 5 hq bundle import "$T/bad.bundle"
says "cut or damaged"
printf 'hello\n' >"$T/text.bundle"
refuses 1 hq bundle import "$T/text.bundle"
refuses 3 hq bundle import "$T/nothing.bundle"
unchanged hq "$before"

step "lost, late and twice"
jem van3 correct "$(number van3 90)" --set phone=081233334444 >"$T/out"
give van3 second.bundle # the first is still on its way
take hq second.bundle
same "all of it in the later file" "$(jq .events "$T/taken")" "$(js van3 status | jq .pending_events)"
before=$(state hq)
take hq first.bundle
same "nothing new in the earlier" "$(jq -c '[.events, .documents]' "$T/taken")" '[0,0]'
take hq second.bundle
unchanged hq "$before"

step "a full round"
sync_all
equal_everywhere
as_entered van3
as_entered van7
refuses 2 hq bundle export
refuses 2 hq bundle export "$STICK/x" --for van x
refuses 1 hq bundle export "$STICK/x"
refuses 1 hq bundle export "$STICK/x" --for van 9
refuses 3 van3 bundle export "$STICK/x" --for van7
refuses 1 van3 bundle export "$STICK/x" --for van 3
[ ! -e "$STICK/x" ] || fail "a refused export wrote a file"

work
sync_all
same "conflicts told" "$(jq -c '[.conflicts, .duplicates]' "$T/van7.merge")" '[1,1]'
sync_all # the van that came first learns of the pair that the second made
equal_everywhere
outcome
give van3 little.bundle
[ "$(stat -c %s "$STICK/little.bundle")" -lt 2000 ] || fail "a file of nothing new has $(stat -c %s "$STICK/little.bundle") bytes"
rulings
equal_everywhere

step "van 7 carries for van 3"
for n in 100 101; do jem van3 correct "$(number van3 $n)" --set phone=081200009999 >"$T/out"; done
jem van3 attach "$(number van3 102)" lain="$T/tambahan.png" >"$T/out"
jem van7 correct "$(number van7 100)" --set phone=081200008888 >"$T/out"
give van3 met.bundle
before=$(state van7)
take van7 met.bundle
same "carried" "$(jq -c '[.carried, .events]' "$T/taken")" '[2,0]'
unchanged van7 "$before"
take van7 met.bundle
same "carried twice" "$(jq .carried "$T/taken")" 0
give van7 both.bundle
checks hq both.bundle
take hq both.bundle
same "both arrive" "$(jq -c '[.events, .documents > 0]' "$T/taken")" '[4,true]'
give hq a.bundle --for van 3
give hq b.bundle --for=van7
take van7 a.bundle
take van7 b.bundle
give van7 c.bundle --for van 3
take van3 c.bundle
same "confirmed by way of van 7" "$(js van3 status | jq -c '[.pending_events, .pending_documents]')" '[0,0]'
equal_everywhere

step "the hub comes at last"
"$JEMPUT" hub init "$T/no-hub.git" >"$T/out"
HUB=$T/no-hub.git
for side in van3 van7; do
    js $side sync >"$T/out"
    same "nothing to refuse at $side" "$(jq -r .refused "$T/out")" ""
done
same "van 7 carries on what the hub lacks" "$(git -C "$T/van7/carry/ledger.git" for-each-ref --format='%(refname)' refs/heads)" refs/heads/feed/3/1.1
same "HQ learns nothing new" "$(js hq hq sync | jq -c '[.accepted_events, .accepted_documents, .quarantined]')" '[0,0,0]'
for side in van3 van7; do same "the feed at $side" "$(js $side sync | jq -c '[.received_events, .refused]')" '[0,""]'; done
[ ! -e "$T/van7/carry" ] || fail "van 7 still carries what the hub has"
notary

small=$T/small
mkdir "$small"
if [ -z "${E2E_NO_MOUNT:-}" ] && mount -t tmpfs -o size=128k tmpfs "$small" 2>/dev/null; then
    step "a full stick"
    at_exit+=("umount -l $small")
    fixtures png "$T/lagi.png" 700 900
    jem van3 attach "$(number van3 110)" lain="$T/lagi.png" >"$T/out"
    before=$(state van3)
    refuses 4 van3 bundle export "$small/full.bundle" --full
    says "full"
    same "what stays on a full stick" "$(ls -A "$small")" ""
    unchanged van3 "$before"
    give van3 full.bundle --full
    take hq full.bundle
    same "it arrives from another stick" "$(jq -c '[.events, .documents > 0]' "$T/taken")" '[1,true]'
fi
audits
step "done on $(<"$T/kind")"
