#!/usr/bin/env bash
# contract.sh - the command line as it is promised: help and completion for every command in both languages, exit codes,
# and the members that each command's --json object has.
. "$(dirname "$0")/lib.sh"
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
step "help"
"$JEMPUT" --help >"$T/help"
"$JEMPUT" --lang id help >"$T/help.id"
! cmp -s "$T/help" "$T/help.id" || fail "one help for both languages"
for command in init "enrol request" "enrol accept" "catalog show" "catalog check" apply correct withdraw attach show list find \
    log receipt verify sync serve "hq enrol" "hq merge" "hq inbox" "hq conflicts" "hq resolve" "hq decide" "hq publish" "hq sync" \
    "hq signers" "hq status-export" status-site "hub init" "audit verify" selftest "user add" "queue issue" "queue next" "queue call" "queue recall" "queue skip" \
    "queue serve" "queue list" "visit plan" "visit cancel" "visit open" "visit close" "visit list" "visit export" "handover list" \
    "handover record" "complaint file" "complaint answer" "complaint list" "outage note" "outage attach" "outage document" "outage end" "outage list" "survey answer" \
    "survey report" sheet "sheet verify"; do
    grep -qF " $command" "$T/help" || fail "help does not tell of $command"
    for lang in id en; do
        # shellcheck disable=SC2086 # the words of a command
        "$JEMPUT" --lang $lang $command --help >"$T/$lang"
        [ "$(wc -l <"$T/$lang")" -ge 5 ] || fail "the help of $command does not teach: $(<"$T/$lang")"
    done
    ! cmp -s "$T/id" "$T/en" || fail "one help of $command for both languages"
done
for group in hq outage queue visit; do
    "$JEMPUT" help $group >"$T/group"
    [ "$(wc -l <"$T/group")" = "$(grep -c "^  $group " "$T/help")" ] || fail "help $group: $(<"$T/group")"
done
exits 2 "$JEMPUT" help tidak-ada
same "completion of a command" "$("$JEMPUT" complete cat)" catalog
"$JEMPUT" complete apply --ser | grep -qx -- --service || fail "completion of an option"
bash -n src/cli/jemput.bash
step "usage errors"
exits 2 "$JEMPUT"
exits 2 "$JEMPUT" tidak-ada
exits 2 "$JEMPUT" list --nonsense
exits 2 "$JEMPUT" list --limit 0
exits 2 "$JEMPUT" show
exits 2 "$JEMPUT" --lang fr list
exits 3 "$JEMPUT" -C "$T/nowhere" list
exits 0 "$JEMPUT" selftest
same "selftest" "$("$JEMPUT" --json selftest | jq -c '[.ok, (.checks | length > 5)]')" '[true,true]'

# keys WHAT MEMBER...: the object in T/out has each of them; a number goes into a list
keys() {
    local what=$1 key
    shift
    same "one object on stdout of $what" "$(jq -s length "$T/out")" 1
    jq -r 'paths | map(tostring) | join(".")' "$T/out" >"$T/paths"
    for key in "$@"; do grep -qxF "${key#.}" "$T/paths" || fail "$what has no $key: $(head -c 300 "$T/out")"; done
}
step "results"
"$JEMPUT" hub init "$HUB" >"$T/out"
regency
exits 1 jem hq init --role hq --name Lagi # there is one already
exits 0 js van3 catalog show
keys "catalog show" .services .services.0.id .services.0.name
same "services of the catalogue" "$(jq '.services | length' "$T/out")" 15
exits 0 js van3 catalog show ktp-el
keys "catalog show SERVICE" .services.0.fields.0.name .services.0.fields.0.type .services.0.fields.0.required .services.0.requirements.0.kind \
    .services.0.standard
exits 0 js van3 catalog check src/record/catalog
fixtures jpeg "$T/kk.jpg" 800 1100
exits 0 js van3 apply --service ktp-el --nik 3203125508900018 --name "Dewi Lestari" --set kk=3203120101150007 --set village=3203102001 \
    --set request=baru --set recorded=ya --attach kk="$T/kk.jpg"
keys apply .number .status .qr .warnings
number=$(jq -r .number "$T/out")
[[ $number =~ ^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$ ]] || fail "the number's form: $number"
exits 0 js van3 show "$(tr 'A-Z01' 'a-zol' <<<"${number//-/ }")" # as people type it
keys show .number .service .status .confirmed .fields .documents .documents.0.kind .documents.0.pages .documents.0.complete .timeline .conflicts
for found in list "find dewi lestri" "find 320312" "find $number"; do
    # shellcheck disable=SC2086 # the words of a command
    exits 0 js van3 $found
    same "$found" "$(jq -r '.applications[].number' "$T/out")" "$number"
done
exits 0 js van3 log "$number"
keys log .events.0.event .events.0.kind .events.0.hash
exits 0 js van3 verify "$(js van3 show "$number" | jq -r .qr)"
keys verify .valid .number .van .day
step "receipts"
qr=$(js van3 show "$number" | jq -r .qr)
for width in 58 80; do
    for format in png svg pdf escpos text; do
        jem van3 receipt "$number" --format $format --width $width -o "$T/receipt.$width.$format"
        [ -s "$T/receipt.$width.$format" ] || fail "no receipt as $format"
    done
    same "the code on $width mm" "$(zbarimg -q --raw "$T/receipt.$width.png" 2>"$T/err")" "$qr"
done
has "$(jem van3 --lang id receipt "$number" --format text | tr -s ' \n' ' ')" "Tanda Terima Permohonan — bukan dokumen kependudukan"
! grep -qE "Dewi|3203125508900018" "$T"/receipt.*.text || fail "a name or NIK on the receipt"
step "rounds"
exits 0 js van3 sync --dry-run
same "a dry run sends nothing" "$(git -C "$HUB" for-each-ref refs/heads/van)" ""
exits 0 js van3 sync
keys sync .pushed_events .confirmed_events .pending_events .pending_documents .bytes_up .bytes_down .slices .retries
exits 0 js hq hq merge
keys "hq merge" .accepted_events .quarantined .conflicts .duplicates
exits 0 js hq hq publish
keys "hq publish" .published_events
exits 0 js hq hq inbox
same "the inbox" "$(jq -r '.new[].number' "$T/out")" "$number"
exits 0 js hq hq decide "$number" --to verified
exits 2 js hq hq decide "$number" --to entah
exits 1 js hq hq decide "$number" --to handed_over
exits 6 js van3 hq sync
exits 6 js hq sync
exits 0 js hq hq vans
same "vans" "$(jq -c '[.vans[].van]' "$T/out")" '[3,7]'
exits 0 js van3 status
step "the day"
exits 0 js van3 queue issue
keys "queue issue" .ticket .number .text .day .category .code .before
exits 0 js van3 queue next --counter 3
keys "queue next" .number .text .state .counter
exits 0 js van3 queue list
keys "queue list" .day .van .tickets.0.id .waiting .called .served .skipped .now .wait_s.median .service_s
exits 0 js van3 visit list
keys "visit list" .plans .visits .current
exits 0 js van3 handover list
keys "handover list" .applications .handed
exits 0 js van3 complaint file --category desk --text "Lama"
keys "complaint file" .complaint .first_due_ms .due_ms
exits 0 js van3 complaint list
keys "complaint list" .complaints.0.id .complaints.0.due_ms .complaints.0.late .complaints.0.answers .open .late
exits 0 js van3 outage note --what network
keys "outage note" .outage
exits 0 js van3 outage list
keys "outage list" .outages.0.what .outages.0.minutes
exits 0 js van3 survey report
keys "survey report" .n .ikm .grade .elements .population .sample .groups .hidden
exits 0 js van3 sheet
keys sheet .day .van .count .numbers .tickets .events .head .qr
step "what people read in a terminal"
for lang in id en; do
    for list in "van3 list" "van3 catalog show" "van3 user list" "van3 outage list" "van3 complaint list" "van3 queue list" \
        "hq hq vans" "hq hq exchange list" "hq hq targets" "hq visit coverage"; do
        # shellcheck disable=SC2086 # the words of a command
        exits 0 jem ${list%% *} --lang $lang ${list#* }
        head -1 "$T/out" | grep -q '[^ ]' || fail "no heading of $list"
        ! head -1 "$T/out" | grep -q … || fail "a heading of $list is cut: $(head -1 "$T/out")"
    done
done
exits 0 jem hq user add --role verifier --agency perumda-air-minum --new-passphrase-file "$(pass hq)" nama-petugas-yang-panjang
has "$(jem hq user list)" "perumda-air-minum "
has "$(jem hq user list)" "nama-petugas-yang-panjang "
jem hq hq status-export -o "$T/status.db" >"$T/out"
exits 0 jem hq --lang id status-site --db "$T/status.db" --static "$T/www"
has "$(<"$T/out")" "Berkas baru atau berubah "
step "done"
