#!/usr/bin/env bash
# day.sh - a van's day by the command line: queue, visit, handover and its undoing, complaint, outage, survey, sheet; over the hub to
# headquarters and back.
. "$(dirname "$0")/lib.sh"
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
round() { js "$1" sync >"$T/out"; js hq hq sync >"$T/out"; js "$1" sync >"$T/out"; }
field() { jq -r "$1" "$T/out"; }

step "a plan travels to its van, and only there"
today=$(TZ=Asia/Jakarta date +%F)
exits 2 js hq visit plan --van 3
refuses 1 hq visit plan --van 3 --village 9999999999 --from "$today"
refuses 3 hq visit plan --van 9 --village 3203012001 --from "$today"
exits 0 js hq visit plan --van 3 --village 3203012001 --from "$today" --place "Balai desa; pagi, siang" --note "bawa genset"
plan=$(field .plan)
exits 0 js hq visit plan --van 3 --village 3203012001 --from "$today" --place "Balai desa" --replaces "$plan"
plan=$(field .plan)
exits 0 js hq visit plan --van 3 --village 3203012002 --from "$today"
exits 0 js hq visit cancel "$(field .plan)" --reason "jembatan putus"
round van3
round van7
exits 0 js van3 visit list
same "plans that stand" "$(jq -c '[.plans[].id]' "$T/out")" "[\"$plan\"]"
exits 0 js van7 visit list
same "plans of another van" "$(field '.plans | length')" 0
refuses 6 van3 visit plan --van 3 --village 3203012001 --from "$today"

step "iCalendar"
jem van3 visit export -o "$T/v.ics"
# RFC 5545: CRLF everywhere, at most 75 octets a line, what begins ends, the members that an event must have
awk 'BEGIN { RS = "\r\n" } /\n/ { bad = "LF" } length($0) > 75 { bad = "long" } { n++; sub(/^ /, "") }
    /^BEGIN:/ { stack[++d] = substr($0, 7) } /^END:/ { if (stack[d--] != substr($0, 5)) bad = "nesting" }
    /^UID:./ { uid++ } /^DTSTAMP:[0-9]+T[0-9]+Z$/ { stamp += length($0) == 24 }
    /^DTSTART;VALUE=DATE:[0-9]+$/ { start += length($0) == 27 } /^BEGIN:VEVENT/ { events++ }
    END { exit bad != "" || d != 0 || n < 8 || events != 1 || uid != events || stamp != events || start != events }' "$T/v.ics" ||
    fail "no iCalendar: $(<"$T/v.ics")"

step "the visit"
refuses 3 van3 visit close
exits 0 js van3 visit open --plan "$plan" --team "Siti, Asep"
same "the village of the plan" "$(field .village)" 3203012001
refuses 1 van3 visit open --village 3203012002
step "the queue is fair"
for group in general general general elderly disability maternal general; do js van3 queue issue --category "$group" >"$T/out"; done
same "the seventh number" "$(field .text)" 007
refuses 1 van3 queue issue --category vip
order=
for _ in 1 2 3 4 5 6 7; do order+=" $(js van3 queue next --counter 1 | jq -r .number)"; done
same "priority first, one general after two" "$order" " 4 5 1 6 2 3 7"
refuses 3 van3 queue next --counter 1
exits 0 js van3 queue call 2 --counter 2
refuses 1 van3 queue serve 3
exits 0 js van3 queue skip 2
exits 0 js van3 queue recall 2 --counter 2
exits 0 js van3 queue serve "JEMPUT/Q/3/$today/2"
refuses 3 van3 queue call 99 --counter 1
exits 0 js van3 queue list
same "counts" "$(jq -c '[.waiting, .called, .served, .skipped, .wait_s.n]' "$T/out")" '[0,0,7,0,7]'
jem van3 queue issue --format png -o "$T/q.png" >"$T/out"
same "the ticket's code" "$(zbarimg -q --raw "$T/q.png" 2>"$T/err")" "JEMPUT/Q/3/$today/8"
# four counters at once: nobody is called twice
for _ in 1 2 3 4 5 6 7 8; do js van3 queue issue >"$T/out"; done
for c in 1 2 3 4; do (js van3 queue next --counter $c >"$T/c$c" && js van3 queue next --counter $c >>"$T/c$c") & done
wait
same "tickets called by four counters" "$(jq -r .number "$T"/c[1-4] | sort -un | wc -l)" 8

step "handover"
apply() { js van3 apply --service ktp-el --nik "$1" --name "$2" --set kk=3203120101150007 --set village=3203012001 --set request=rusak --set recorded=ya | jq -r .number; }
n=$(apply 3203125508900018 "Dewi Lestari")
refuses 1 van3 handover record "$n" --name "Dewi Lestari"
round van3
for to in verified in_process ready; do js hq hq decide "$n" --to $to >"$T/out"; done
round van3
same "a NIK at HQ" "$(js hq show "$n" | jq -c '[.fields.nik, .fields.kk, .fields.village]')" '["3203••••••••0018","3203••••••••0007","3203012001"]'
same "and in a list" "$(js hq list | jq -r --arg n "$n" '.applications[] | select(.number == $n).nik')" "3203••••••••0018"
! js hq log "$n" | grep -q 3203125508900018 || fail "the NIK stands in the log at HQ"
same "on record" "$(js hq hq reveal "$n" --reason "mencocokkan KTP" | jq -r .fields.nik)" 3203125508900018
exits 0 js van3 handover list --village 3203012001
same "ready" "$(jq -r '.applications[].number' "$T/out")" "$n"
refuses 1 van3 handover record "$n" --name "Asep" --relation family --nik 12
refuses 1 van3 handover record "$n" --name "" --relation family
fixtures jpeg "$T/bukti.jpg" 400 300
exits 0 js van3 handover record "$(js van3 show "$n" | jq -r .qr)" --name "Asep Lestari" --relation family --nik 3203120101800001 --photo "$T/bukti.jpg"
same "handed over" "$(js van3 show "$n" | jq -r '[.status, .documents[0].kind] | join(" ")')" "handed_over lain"
round van3
exits 0 js hq handover list
same "four digits and no more" "$(jq -r '.handed[0].nik_end' "$T/out")" 0001
! js hq log "$n" | grep -q 3203120101800001 || fail "the receiver's NIK is in the log"
event=$(js hq log "$n" | jq -r '.events[] | select(.kind == "handover.recorded").event')
exits 0 js hq hq resolve "$n" --event "$event" --refuse --reason "salah orang"
same "undone at HQ" "$(js hq show "$n" | jq -r .status)" ready
round van3
same "undone at the van" "$(js van3 show "$n" | jq -r .status)" ready
exits 0 js van3 handover record "$n" --name "Dewi Lestari" --nik 0018

step "complaints"
refuses 1 van3 complaint file --category apa --text "lama"
exits 0 js van3 complaint file --category field --text "Jalan ke balai desa rusak" --name "Dewi"
general=$(field .complaint)
exits 0 js van3 complaint file --category desk --text "Antrean lama" --number "$n"
about=$(field .complaint)
same "14 days" "$(jq '(.due_ms - .first_due_ms) / 86400000' "$T/out")" 11
round van3
exits 0 js hq complaint list --open
same "at HQ" "$(jq -c '[(.complaints | length), .open, .late]' "$T/out")" '[2,2,0]'
exits 0 js hq complaint answer "$about" --text "Loket ditambah" --closes
exits 0 js hq complaint answer "$general" --text "Diteruskan ke dinas"
refuses 1 hq complaint answer "$about" --text "lagi"
refuses 3 hq complaint answer 3.0.1.9999 --text "ada?"
round van3
exits 0 js van3 complaint list
same "the van sees the answers" "$(jq -r '.complaints[] | select(.closed_ms != null).answers[0].text' "$T/out")" "Loket ditambah"
exits 0 js van3 complaint list --open
same "open at the van" "$(jq -r '.complaints[].id' "$T/out")" "$general"

step "outages excuse the promised time"
before=$(js van3 show "$n" | jq .due_ms)
refuses 1 van3 outage note --what power --from "2199-01-01 10:00"
fixtures jpeg "$T/genset.jpg" 2400 1800
fixtures png "$T/meteran.png" 300 200
refuses 1 van3 outage note --what power --photo "$T/meteran.png" --photo "$T/v.ics"
exits 0 js van3 outage note --what power --note "genset mati" --photo "$T/genset.jpg"
outage=$(field .outage)
sleep 1.1
exits 0 js van3 outage end
refuses 3 van3 outage end
exits 0 jem van3 outage attach "$outage" "$T/meteran.png"
refuses 1 van3 outage attach "$outage" "$T/meteran.png"
refuses 3 hq outage attach "$outage" "$T/meteran.png"
refuses 3 van3 outage document "$outage" 3 -o "$T/none"
round van3
same "at HQ" "$(js hq outage list | jq -r '.outages[].what')" power
same "its photos at HQ" "$(js hq outage list | jq -c '[.outages[].photos[] | [.mime, .at, .name]]')" \
    '[["image/jpeg","here","genset.jpg"],["image/png","here","meteran.png"]]'
exits 0 js hq outage document "$outage" 2 -o "$T/meteran.hq.png"
cmp "$T/meteran.png" "$T/meteran.hq.png"
exits 0 js hq outage document "$outage" 1 -o "$T/genset.hq.jpg"
[ "$(stat -c %s "$T/genset.hq.jpg")" -lt "$(stat -c %s "$T/genset.jpg")" ] || fail "a photo of 2400 pixels is kept as large as it came"
same "excused at HQ, rounded up to an hour" "$(js hq show "$n" | jq "[.excused_hours, (.due_ms > $before)]" -c)" '[1,true]'

step "survey"
for i in 1 2 3 4; do js van3 survey answer --answers 4,4,4,4,4,4,4,4,4 --sex f --service ktp-el >"$T/out"; done
exits 0 js van3 survey report
same "four answers are too few to show" "$(jq -c '[.n, .ikm, (.elements | length), (.groups | length)]' "$T/out")" '[4,null,0,0]'
js van3 survey answer --answers 444444444 --sex f --age 60+ >"$T/out"
exits 2 js van3 survey answer --answers 4,4,4
exits 0 js van3 survey report
same "a perfect score" "$(jq -c '[.n, .ikm, .grade, .groups[0].value, .groups[0].n, .hidden]' "$T/out")" '[5,"100.00","A","f",5,2]'
round van3
same "at HQ" "$(js hq survey report | jq -r .ikm)" 100.00

step "the evening"
exits 0 js van3 visit close --note "hujan"
same "what the visit counted" "$(jq -c '[.applications, .tickets]' "$T/out")" '[1,16]'
exits 0 js van3 sheet
sheet=$(field .qr)
same "the sheet" "$(jq -c '[.van, .count, .tickets, .surveys, (.visits | length), (.numbers | length)]' "$T/out")" '[3,1,16,5,1,2]'
jem van3 sheet --format png --width 80 -o "$T/sheet.png"
same "its code on paper" "$(zbarimg -q --raw "$T/sheet.png" 2>"$T/err")" "$sheet"
round van3
exits 0 js hq sheet verify "$sheet"
same "verified at HQ" "$(jq -c '[.valid, .van, .count]' "$T/out")" '[true,3,1]'
exits 5 js hq sheet verify "${sheet%?????}ZZZZ0"
exits 1 js hq sheet verify "JEMPUT/S/ABC"

step "views are the log's, also after a rebuild; a stick carries the day"
for who in van3 hq; do exits 0 js $who audit verify --rebuild; done
js van3 complaint file --category information --text "Jam buka?" >"$T/out"
js van3 bundle export "$T/v.bundle" >"$T/out"
js hq bundle import "$T/v.bundle" >"$T/out"
same "over a stick" "$(js hq complaint list --open | jq '.complaints | length')" 2
step "done"
