#!/usr/bin/env bash
# bad_input.sh - what people, files and disks do wrong at a van: each gets its exit code and a message in both languages,
# and nothing is lost or half recorded.
. "$(dirname "$0")/lib.sh"
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
fixtures lines 11 6 0 "$T/in"
js van3 apply --from "$T/in/lines.jsonl" >"$T/out"
number=$(jq -r '.recorded[0].number' "$T/out")
before=$(state van3)

# One good KTP-el form; each case spoils one thing of it.
good=(--service ktp-el --nik 3203125508900018 --name "Dewi Lestari Purnamasari" --set kk=3203120101150007
    --set village=3203102001 --set request=baru --set recorded=ya)
form() { # FIELD VALUE: the good form with another value
    local i args=("${good[@]}")
    for i in "${!args[@]}"; do
        if [ "${args[i]}" = "--$1" ]; then args[i + 1]=$2; fi
        case ${args[i]} in "$1="*) args[i]=$1=$2 ;; esac
    done
    printf '%s\n' "${args[@]}"
}
spoiled() { # CODE FIELD VALUE
    local args
    mapfile -t args < <(form "$2" "$3")
    refuses "$1" van3 apply "${args[@]}"
}

step "NIK"
exits 0 jem van3 apply --check "${good[@]}"
for nik in "" 320312550890001 32031255089000188 3203I25508900018 3203125508900O18 "tiga dua nol tiga" \
    3203125513900018 3203125500900018 3203123208900018 3203124008900018 3203127208900018 3203123002900018 \
    3203127102900018 3203125508000000 3203125508900000 0000000000000000 ٣٢٠٣١٢٥٥٠٨٩٠٠٠١٨; do
    spoiled 1 nik "$nik"
    [ -z "$nik" ] || [ "$nik" = "tiga dua nol tiga" ] || ! grep -qF "$nik" "$T/err" || fail "the message repeats the NIK $nik"
done
spoiled 1 kk 3203125508150007
unchanged van3 "$before"

step "service, fields, names"
spoiled 1 service ktp-elektronik
spoiled 1 service ktp-ell
says ktp-el
spoiled 1 service ""
spoiled 1 village 3203999999
spoiled 1 request "entah"
spoiled 1 recorded mungkin
spoiled 1 name "12345"
spoiled 1 name ""
spoiled 1 name "$(printf 'Dewi\001Lestari')"
spoiled 1 name "$(printf 'Dewi %0300d' 0)"
refuses 1 van3 apply "${good[@]}" --set phone=12
refuses 1 van3 apply "${good[@]}" --set birth_date=31-02-1990
refuses 1 van3 apply "${good[@]}" --set phoone=081234567890
says phone
refuses 1 van3 apply "${good[@]}" --channel satelit
refuses 2 van3 apply "${good[@]}" --set phone
refuses 2 van3 apply "${good[@]}" --colour red
refuses 2 van3 apply
refuses 2 van3 nosuchcommand
refuses 1 van3 show 0000-0000-0000
wrong=${number%?}$([ "${number: -1}" = 7 ] && echo 8 || echo 7)
refuses 1 van3 show "$wrong"
says "$number"
unchanged van3 "$before"

step "attachments"
fixtures jpeg "$T/good.jpg" 900 1200
fixtures png "$T/good.png" 300 400
fixtures pdf "$T/good.pdf" 2
: >"$T/empty.jpg"
truncate -s 200M "$T/huge.jpg"
cp "$T/good.png" "$T/lying.jpg"
cp "$T/good.jpg" "$T/lying.pdf"
printf '#!/bin/sh\nrm -rf /\n' >"$T/script.png"
head -c 3000 "$T/good.jpg" >"$T/cut.jpg"
head -c 700 "$T/good.pdf" >"$T/cut.pdf"
mkdir "$T/folder.jpg"
for file in empty.jpg huge.jpg lying.jpg lying.pdf script.png cut.jpg cut.pdf; do
    refuses 1 van3 apply "${good[@]}" --attach kk="$T/$file"
    refuses 1 van3 attach "$number" lain="$T/$file"
done
refuses 3 van3 apply "${good[@]}" --attach kk="$T/nowhere.jpg"
exits 1 jem van3 apply "${good[@]}" --attach kartu-sihir="$T/good.jpg"
rc=0
jem van3 attach "$number" lain="$T/folder.jpg" >"$T/out" 2>"$T/err" || rc=$?
[ $rc = 1 ] || [ $rc = 4 ] || fail "a folder as attachment: exit $rc"
unchanged van3 "$before"

step "lines"
{
    sed -n 1p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700099"'
    echo '{"service":"ktp-el","nik":3203125508900018,"name":"Angka"}'
    echo 'bukan json'
    echo '["ktp-el"]'
    echo
    sed -n 2p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700098" | .set.kk = 17'
    sed -n 3p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700097" | .service = "sulap"'
    sed -n 3p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700097" | .attach = {kk: "tidak-ada.jpg"}'
    sed -n 3p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700097" | .extra = 1'
    sed -n 1p "$T/in/lines.jsonl"
    sed -n 4p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700096"'
    sed -n 5p "$T/in/lines.jsonl" | jq -c '.nik = "3203010101700095"' | head -c 120
} >"$T/mixed.jsonl"
exits 1 js van3 apply --from "$T/mixed.jsonl"
same "recorded of the mixed file" "$(jq -c '[.recorded[].line]' "$T/out")" '[1,11]'
same "refused of the mixed file" "$(jq -c '[.refused[].line]' "$T/out")" '[2,3,4,6,7,8,9,10,12]'
jq -r '.refused[] | "\(.line) \(.error)"' "$T/out" | sort >"$T/en"
grep -q "^10 .*$number" "$T/en" || fail "the duplicate does not name the earlier number"
exits 1 js van3 --lang id apply --from "$T/mixed.jsonl"
same "nothing recorded twice" "$(jq -c '[.recorded, (.refused | length)]' "$T/out")" '[[],11]'
jq -r '.refused[] | "\(.line) \(.error)"' "$T/out" | sort >"$T/id"
same "messages that do not differ by language" "$(comm -12 "$T/en" "$T/id")" ""
! grep -qE '[0-9]{16}' "$T/en" "$T/id" || fail "a NIK in a message"
refuses 3 van3 apply --from "$T/nowhere.jsonl"
same "applications now" "$(js van3 status | jq .applications)" 8

step "duplicate"
exits 0 js van3 apply "${good[@]}"
refuses 1 van3 apply "${good[@]}"
exits 0 js van3 apply "${good[@]}" --allow-duplicate "kartu pertama hilang di jalan"
same "the duplicate says of what" "$(jq -r .duplicate "$T/out" | wc -c)" 15
before=$(state van3)

step "receipts' QR"
qr=$(js van3 show "$number" | jq -r .qr)
exits 0 js van3 verify "$qr"
same "the good one" "$(jq -c '[.valid, .number, .van]' "$T/out")" "[true,\"$number\",3]"
middle=$((${#qr} - 40))
swap=$([ "${qr:middle:1}" = A ] && echo B || echo A)
for bad in "${qr:0:middle}$swap${qr:middle+1}" "${qr:0:${#qr}-9}" "${qr%/T/*}/T/" "${qr}00" "${qr%/T/*}/T/4" "bukan qr"; do
    rc=0
    js van3 --lang id verify "$bad" >"$T/out" 2>"$T/id" || rc=$?
    [ $rc = 5 ] || [ $rc = 1 ] || fail "exit $rc for the QR $bad"
    exits $rc js van3 --lang en verify "$bad"
    [ "$(jq -r .valid "$T/out")" != true ] || fail "believed: $bad"
    [ -s "$T/err" ] && ! cmp -s "$T/id" "$T/err" || fail "no message in both languages: $bad"
done
refuses 5 van3 verify "${qr:0:middle}$swap${qr:middle+1}"
refuses 5 van3 show "${qr:0:middle}$swap${qr:middle+1}"
same "at van 7, which was told van 3's key when it was enrolled" \
    "$(js van7 verify "$qr" | jq -c '[.valid,.known,.van]')" '[true,false,3]'
fixtures lines 9 1 99 "$T/in7"
later=$(js van7 apply --from "$T/in7/lines.jsonl" | jq -r '.recorded[0].number')
later=$(js van7 show "$later" | jq -r .qr)
refuses 5 van3 verify "$later" # van 3 has not heard of van 7 yet: nothing is claimed
exits 0 js hq verify "$later"
exits 0 js hq verify "$qr"
unchanged van3 "$before"

step "passphrase, officer, folder"
printf 'salah\n' >"$T/wrong.pass"
: >"$T/none.pass"
for passphrase in wrong.pass none.pass; do
    refuses 6 van3 list --passphrase-file "$T/$passphrase"
done
refuses 6 van3 list --user nobody
refuses 3 van3 list --passphrase-file "$T/nowhere.pass"
refuses 3 van3 -C "$T/nowhere" list
exits 6 "$JEMPUT" -C "$T/van3" --user siti list
unchanged van3 "$before"

step "two commands at once"
for i in 1 2; do fixtures lines "9$i" 25 0 "$T/p$i"; done
js van3 apply --from "$T/p1/lines.jsonl" >"$T/p1.out" &
first=$!
js van3 apply --from "$T/p2/lines.jsonl" >"$T/p2.out" || fail "the second of two: $?"
wait $first || fail "the first of two: $?"
same "both recorded all" "$(jq -s -c 'map(.recorded | length)' "$T/p1.out" "$T/p2.out")" '[25,25]'
same "numbers differ" "$(jq -r '.recorded[].number' "$T/p1.out" "$T/p2.out" | sort -u | wc -l)" 50
same "applications now" "$(js van3 status | jq .applications)" 60
jem van3 audit verify --rebuild >"$T/out"

step "two syncs at once"
for i in 1 2 3 4 5 6; do fixtures jpeg "$T/scan$i.jpg" $((2000 + i)) 2800; done
jem van3 attach "$number" lain="$T"/scan1.jpg lain="$T"/scan2.jpg lain="$T"/scan3.jpg lain="$T"/scan4.jpg lain="$T"/scan5.jpg \
    lain="$T"/scan6.jpg >"$T/out"
: >>"$T/van3/sync.lock"
lock=$(stat -c %i "$T/van3/sync.lock")
"$JEMPUT" -C "$T/van3" --user siti --passphrase-file "$(pass van3)" --json sync >"$T/sync1" &
first=$!
# Stopped as soon as it holds the lock: it cannot be done before the second one comes.
until grep -q ":$lock " /proc/locks; do
    kill -0 $first 2>/dev/null || fail "the first sync ended without a lock: $(cat "$T/sync1")"
    sleep 0.002
done
kill -STOP $first
refuses 4 van3 sync
kill -CONT $first
wait $first || fail "the first sync: $?"
same "it sent everything" "$(jq -c '.pushed_events > 60' "$T/sync1")" true
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
same "nothing waits" "$(jq -c '[.pending_events, .pending_documents]' "$T/out")" '[0,0]'

# ---- a full disk: a small file system of its own where that can be mounted, else a limit on the size of files ----
officer[disk/van9]=wati
mkdir "$T/disk"
fixtures lines 99 400 9 "$T/many"
if [ -z "${E2E_NO_MOUNT:-}" ] && mount -t tmpfs -o size=6m,mode=700 tmpfs "$T/disk" 2>/dev/null; then
    step "a full disk: tmpfs"
    at_exit+=("umount -l $T/disk")
    leave() { head -c "$(($(df --output=avail -B1 "$T/disk" | tail -1) - $1))" /dev/zero >"$T/disk/ballast"; }
    enough() { rm "$T/disk/ballast"; }
    on_disk() { js disk/van9 "$@"; }
    enrol disk/van9 9
    leave 0
    exits 4 on_disk apply --from "$T/many/lines.jsonl"
    same "told on a full disk" "$(jq -c '.recorded // []' "$T/out")" '[]'
    refuses 4 disk/van9 apply "${good[@]}"
    enough
    same "nothing was recorded on a full disk" "$(on_disk status | jq .applications)" 0
    leave 1500000
else
    step "a full disk: limited files"
    trap '' XFSZ # a write past the limit fails as on a full disk
    limit=unlimited
    leave() { limit=$(($1 / 1024)); }
    enough() { limit=unlimited; }
    on_disk() { (ulimit -S -f "$limit" && js disk/van9 "$@"); }
    enrol disk/van9 9
    leave 1500000
fi
# Space for some, not for all: what was told as recorded is there, no more and no less.
exits 4 on_disk apply --from "$T/many/lines.jsonl"
jq -r '.recorded[].number' "$T/out" | sort >"$T/told"
[ "$(wc -l <"$T/told")" -gt 0 ] || fail "nothing was recorded before the disk was full"
enough
on_disk list --limit 1000 | jq -r '.applications[].number' | sort >"$T/there"
cmp "$T/told" "$T/there" || fail "told $(wc -l <"$T/told"), there $(wc -l <"$T/there")"
on_disk audit verify --rebuild >"$T/out"
leave 0
exits 4 on_disk sync
enough
on_disk sync >"$T/out"
same "sent when there is space again" "$(jq '.pushed_events >= 1' "$T/out")" true
js hq hq sync >"$T/out"
on_disk sync >"$T/out"
same "nothing waits on the small disk" "$(jq -c '[.pending_events, .pending_documents]' "$T/out")" '[0,0]'
same "HQ has them all" "$(js hq list --limit 10000 | jq '[.applications[] | select(.van == 9)] | length')" "$(wc -l <"$T/told")"
on_disk apply "${good[@]}" >"$T/out"
step "done"
