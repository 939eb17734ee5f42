#!/usr/bin/env bash
# backup.sh - a van and headquarters are backed up, lost, and restored at the command line; sticks that are full, absent, cut or
# altered; what stock tar sees; and that nothing is half done after a refusal.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
fixtures lines 7 60 5 "$T/in"
js van3 apply --from "$T/in/lines.jsonl" >"$T/recorded"
same "recorded" "$(jq '.recorded | length' "$T/recorded")" 60
last=$(jq -r '.recorded[-1].number' "$T/recorded")
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
mkdir "$T/stick"

step "what the file is"
js van3 backup "$T/stick/van3.backup" >"$T/made"
same "verified" "$(jq .verified "$T/made")" true
same "bytes" "$(jq .bytes "$T/made")" "$(stat -c %s "$T/stick/van3.backup")"
same "mode" "$(stat -c %a "$T/stick/van3.backup")" 600
same "nothing beside it" "$(ls "$T/stick")" van3.backup
same "tar lists" "$(tar -tf "$T/stick/van3.backup" | tr '\n' ' ')" "jemput.db slots.json manifest.json "
tar -xOf "$T/stick/van3.backup" manifest.json >"$T/manifest"
same "events in the manifest" "$(jq .counts.events "$T/manifest")" "$(js van3 audit verify | jq .events)"
mkdir "$T/unpacked"
tar -xf "$T/stick/van3.backup" -C "$T/unpacked"
same "the hash that tar's copy has" "$(b2sum -l 256 "$T/unpacked/jemput.db" | cut -d' ' -f1)" \
    "$(jq -r '.files[] | select(.name == "jemput.db").hash' "$T/manifest")"
name=$(js van3 show "$last" | jq -r .fields.name)
nik=$(js van3 show "$last" | jq -r .fields.nik)
! grep -qaF -e "$name" -e "$nik" "$T/stick/van3.backup" || fail "a name or a NIK stands in the backup in clear"
! head -c 100 "$T/unpacked/jemput.db" | grep -qa "SQLite format" || fail "the database is not encrypted"
has "$(jem van3 backup "$T/stick/again.backup")" "$T/stick/again.backup"
rm "$T/stick/again.backup"

step "restored"
before=$(state van3)
js van3 backup "$T/stick/van3.backup" >"$T/out"
officer[new]=siti
cp "$(pass van3)" "$T/new.pass"
js new restore "$T/stick/van3.backup" >"$T/back"
same "the same events, documents and views" "$(state new)" "$before"
same "what may be missing starts after" "$(jq -r .last_number "$T/back")" "$last"
[ "$(jq .inc "$T/back")" -gt 1 ] || fail "no new incarnation: $(<"$T/back")"
refuses 1 new restore "$T/stick/van3.backup"
unchanged new "$before"
officer[third]=siti
cp "$(pass van3)" "$T/third.pass"
has "$(jem third restore "$T/stick/van3.backup")" "jemput sync"
[ "$(js third status | jq .applications)" = 60 ] || fail "not all are there"

step "what is refused leaves nothing"
empty() { # NAME: no store, at most locks
    [ ! -e "$T/$1/jemput.db" ] && [ ! -e "$T/$1/slots.json" ] && [ -z "$(ls "$T/$1" 2>/dev/null | grep -v lock)" ] ||
        fail "left behind: $(ls "$T/$1")"
}
for n in wrong cut altered other gone dirty; do officer[$n]=siti; cp "$(pass van3)" "$T/$n.pass"; done
echo "bukan frasa sandi itu" >"$T/wrong.pass"
refuses 6 wrong restore "$T/stick/van3.backup"
empty wrong
head -c "$(($(stat -c %s "$T/stick/van3.backup") * 2 / 3))" "$T/stick/van3.backup" >"$T/stick/cut.backup"
refuses 5 cut restore "$T/stick/cut.backup"
empty cut
cp "$T/stick/van3.backup" "$T/stick/altered.backup"
printf 'x' | dd of="$T/stick/altered.backup" bs=1 seek=50000 conv=notrunc status=none
refuses 5 altered restore "$T/stick/altered.backup"
empty altered
tar -cf "$T/stick/other.backup" -C "$T/in" lines.jsonl
refuses 1 other restore "$T/stick/other.backup"
refuses 1 other restore "$T/in/lines.jsonl"
refuses 3 gone restore "$T/stick/none.backup"
mkdir "$T/dirty"
echo x >"$T/dirty/notes.txt"
refuses 1 dirty restore "$T/stick/van3.backup"
same "the folder is as it was" "$(ls "$T/dirty")" notes.txt
refuses 3 van3 backup "$T/stick-that-is-not-there/van3.backup"
refuses 1 van3 backup "$T/stick"
exits 2 jem van3 backup
exits 2 jem van3 restore

step "headquarters says what is durable"
refuses 3 hq hq ack --durable
exits 2 jem hq hq ack
refuses 6 van3 hq ack --durable
js hq backup "$T/stick/hq.backup" >"$T/out"
same "vans told" "$(js hq hq ack --durable | jq .acknowledged)" 1
same "told once" "$(js hq hq ack --durable | jq .acknowledged)" 0
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
same "durable at the van" "$(js van3 list --limit 100 | jq -c '[.applications[].durable] | unique')" "[true]"
officer[hq2]=rina
cp "$(pass hq)" "$T/hq2.pass"
js hq2 restore "$T/stick/hq.backup" >"$T/back"
same "role" "$(jq -r .role "$T/back")" hq
same "problems" "$(js hq2 audit verify | jq -c '[.problems, .views_equal]')" '[[],true]'

step "the laptop is lost after it sent more"
more() { # NAME SEED: ten more applications
    fixtures lines "$2" 10 3 "$T/in.$2"
    same "recorded at $1" "$(js "$1" apply --from "$T/in.$2/lines.jsonl" | jq '.recorded | length')" 10
}
count() { js "$1" status | jq .applications; }
jem van3 backup "$T/stick/van3.backup" >"$T/out"
more van3 11
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
mv "$T/van3" "$T/lost"
officer[van3]=siti
jem van3 restore "$T/stick/van3.backup" >"$T/out"
same "restored" "$(count van3)" 60
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
same "what was sent is back" "$(count van3)" 70
same "all confirmed" "$(js van3 list --unconfirmed --limit 100 | jq '.applications | length')" 0
more van3 12
js van3 sync >"$T/out"
js hq hq sync >"$T/out"
js van3 sync >"$T/out"
same "at headquarters" "$(count hq)" 80
same "confirmed" "$(js van3 list --unconfirmed --limit 100 | jq '.applications | length')" 0
same "problems at the van" "$(js van3 audit verify | jq -c '[.problems, .views_equal]')" '[[],true]'

step "headquarters is lost, its last backup is old"
mv "$T/hq" "$T/lost-hq"
rm -rf "$T/hq2"
jem hq restore "$T/stick/hq.backup" >"$T/out"
same "restored" "$(count hq)" 60
for _ in 1 2; do
    js hq hq sync >"$T/out"
    js van3 sync >"$T/out"
done
same "all is there again" "$(count hq)" 80
same "confirmed by the new one" "$(js van3 list --unconfirmed --limit 100 | jq '.applications | length')" 0
same "problems at headquarters" "$(js hq audit verify | jq -c '[.problems, .views_equal]')" '[[],true]'
# The bytes of papers that came after the van's backup are at headquarters only.
dump hq >"$T/hq.dump"
same "papers at headquarters" "$(jq -r '.documents[] | .complete' "$T/hq.dump" | sort -u)" true
same "papers that wait at the van" "$(js van3 status | jq .pending_documents)" 0
bare='del(.qr, .confirmed, .documents) | walk(if type == "object" then del(.arrived) else . end)'
jq -cS "select(.van == 3) | $bare" "$T/hq.dump" >"$T/hq.told"
dump van3 | jq -cS "$bare" >"$T/van3.told"
cmp "$T/hq.told" "$T/van3.told" || fail "van and headquarters differ"
step "done"
