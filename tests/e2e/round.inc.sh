# round.inc.sh - from the village to headquarters and back, over the hub that the suite made. The suite sources lib.sh,
# defines hub_of NAME (the URL for hq, van3, van7) and HUB (the bare repository behind it), then calls round.
# shellcheck shell=bash

# 150 applications at a van, every SHARE-th with documents; NAME.numbers tells their numbers in order
SHARE=${SHARE:-7}
record() { # NAME SEED
    fixtures lines "$2" 150 "$SHARE" "$T/$1.in"
    js "$1" apply --from "$T/$1.in/lines.jsonl" >"$T/$1.recorded"
    same "recorded at $1" "$(jq '.recorded | length' "$T/$1.recorded")" 150
    same "refused at $1" "$(jq '.refused | length' "$T/$1.recorded")" 0
    jq -r '.recorded[].number' "$T/$1.recorded" >"$T/$1.numbers"
    same "numbers of $1" "$(sort -u "$T/$1.numbers" | wc -l)" 150
}
number() { sed -n "$2p" "$T/$1.numbers"; } # NAME LINE

# sync_all: vans, HQ, vans again: after this everybody knows everything
sync_all() {
    js van3 sync >"$T/van3.sync"
    js van7 sync >"$T/van7.sync"
    js hq hq sync >"$T/hq.sync"
    same "quarantined" "$(jq .quarantined "$T/hq.sync")" 0
    js van3 sync >"$T/van3.sync2"
    js van7 sync >"$T/van7.sync2"
}

# What a van and HQ must agree on: everything, but the receipt's QR text, which only the van that made it keeps.
told() { jq -cS 'del(.qr)' "$1"; }
equal_everywhere() {
    local van
    dump hq >"$T/hq.dump"
    for van in van3 van7; do
        dump $van >"$T/$van.dump"
        told "$T/$van.dump" >"$T/$van.told"
        jq -c "select(.van == ${van#van})" "$T/hq.dump" | jq -cS 'del(.qr)' >"$T/hq.$van.told"
        if ! cmp -s "$T/$van.told" "$T/hq.$van.told"; then
            diff <(jq -S . "$T/$van.told") <(jq -S . "$T/hq.$van.told") | head -40 >&2
            fail "$van and HQ differ"
        fi
        same "applications of $van" "$(wc -l <"$T/$van.told")" "$(wc -l <"$T/$van.numbers")"
        same "all confirmed at $van" "$(jq -r .confirmed "$T/$van.dump" | sort -u)" confirmed
        same "nothing unconfirmed" "$(js $van list --unconfirmed --limit 1000 | jq '.applications | length')" 0
    done
    same "applications at HQ" "$(wc -l <"$T/hq.dump")" "$(cat "$T"/van?.numbers | wc -l)"
    same "documents whole at HQ" "$(jq -r '.documents[] | .complete and .pages == .arrived and .pages == .previews' "$T/hq.dump" | sort -u)" true
    same "stored bytes have the signed hash" "$(jq -r '.documents[].items[] | .bytes == .hash' "$T/hq.dump" "$T"/van?.dump | sort -u)" true
}

# What was typed is what stands in the store: forms, and files byte by byte.
as_entered() { # NAME
    local line number
    paste -d '\t' "$T/$1.numbers" "$T/$1.in/lines.jsonl" | sed -n 1,6p | while IFS=$'\t' read -r number line; do
        js "$1" show "$number" >"$T/shown"
        jq -e --argjson in "$line" '.service == $in.service and .fields == ($in.set + {nik: $in.nik, name: $in.name})' \
            "$T/shown" >/dev/null || fail "fields of $number differ from $line"
    done
    jq -r '.documents[].items[].hash' "$T/$1.dump" | sort >"$T/$1.hashes"
    (cd "$T/$1.in" && jq -r '.attach // {} | .[] | if type == "array" then .[] else . end' lines.jsonl | sort |
        xargs b2sum -l 256 | cut -d' ' -f1 | sort) >"$T/$1.files"
    cmp "$T/$1.hashes" "$T/$1.files" || fail "hashes of $1's documents are not those of the files"
    number=$(jq -r 'select(.documents | length > 0) | .number' "$T/$1.dump" | head -1)
    jem hq document "$number" 1 -o "$T/document"
    same "a document of $1 read at HQ" "$(b2sum -l 256 "$T/document" | cut -d' ' -f1)" \
        "$(jq -r "select(.number == \"$number\") | [.documents[].items[] | select(.ordinal == 1)][0].hash" "$T/$1.dump")"
}

# Decisions, corrections, one conflict, one duplicate, further documents: everybody works offline on the same records.
work() {
    local i to
    step "work at HQ and at the vans"
    for i in 1 2 3 4 5; do
        jem hq hq decide "$(number van3 "$i")" --to verified >"$T/out"
    done
    for i in 1 2 3 4; do
        for to in in_process ready; do
            jem hq hq decide "$(number van3 "$i")" --to $to >"$T/out"
        done
    done
    jem hq hq decide "$(number van3 1)" --to handed_over >"$T/out"
    jem hq hq decide "$(number van7 1)" --to returned --reason "KK tidak terbaca" >"$T/out"
    jem hq hq decide "$(number van7 2)" --to rejected --reason "bukan penduduk daerah ini" >"$T/out"
    exits 1 jem hq hq decide "$(number van7 3)" --to handed_over
    exits 6 jem van3 hq decide "$(number van3 9)" --to verified

    # One field, two writers that do not know of each other; another application's fields do not collide.
    jem hq correct "$(number van3 20)" --set phone=081200000001 --reason "ditelepon" >"$T/out"
    jem van3 correct "$(number van3 20)" --set phone=081200000002 >"$T/out"
    jem hq correct "$(number van3 21)" --set phone=081200000003 >"$T/out"
    jem van3 correct "$(number van3 21)" --set "address=Kp. Baru RT 01/RW 02" >"$T/out"
    printf '%s\n' 81200000001 81200000002 81200000003 "Kp. Baru RT 01/RW 02" | tee "$T/corrected" >>"$T/van3.in/personal.txt"
    for i in 30 31; do
        jem van7 correct "$(number van7 $i)" --set "address=Jl. Mawar No. $i" >"$T/out"
    done
    jem van7 withdraw "$(number van7 40)" --reason "salah layanan" >"$T/out"
    jem van7 withdraw "$(number van7 2)" --reason "dicabut sebelum tahu ditolak" >"$T/out"

    fixtures pdf "$T/tambahan.pdf" 3
    fixtures png "$T/tambahan.png" 900 1200
    jem van7 attach "$(number van7 50)" lain="$T/tambahan.pdf" lain="$T/tambahan.png" >"$T/out"
    jem van7 detach "$(number van7 50)" 1 --reason "buram" >"$T/out" || true
    b2sum -l 256 "$T/tambahan.pdf" "$T/tambahan.png" | cut -d' ' -f1 >"$T/more"

    # The person of line 5 of van 3 also goes to van 7, which cannot know.
    sed -n 5p "$T/van3.in/lines.jsonl" | jq -c 'del(.attach)' >"$T/van7.in/twin.jsonl"
    js van7 apply --from "$T/van7.in/twin.jsonl" | jq -r '.recorded[].number' >>"$T/van7.numbers"
    same "the twin is recorded" "$(wc -l <"$T/van7.numbers")" 151
}

# What the work left behind, seen from every side.
outcome() {
    local side
    same "conflicts at HQ" "$(js hq hq conflicts | jq -c '[.conflicts[] | [.number, .field, (.values | map(.value) | sort)]]')" \
        "[[\"$(number van3 20)\",\"phone\",[\"081200000001\",\"081200000002\"]]]"
    for side in hq van3; do
        same "the conflict at $side" "$(js $side show "$(number van3 20)" | jq -c '[.conflicts[].field]')" '["phone"]'
        same "no conflict at $side" "$(js $side show "$(number van3 21)" | jq -c '[.conflicts, .fields.phone, .fields.address]')" \
            '[[],"081200000003","Kp. Baru RT 01/RW 02"]'
        same "status at $side" "$(js $side show "$(number van3 1)" | jq -r .status)" handed_over
        same "status at $side" "$(js $side show "$(number van3 2)" | jq -r .status)" ready
        same "status at $side" "$(js $side show "$(number van3 60)" | jq -r .status)" received
    done
    for side in hq van7; do
        same "returned at $side" "$(js $side show "$(number van7 1)" | jq -c '[.status, .reason]')" '["returned","KK tidak terbaca"]'
        same "rejected at $side" "$(js $side show "$(number van7 2)" | jq -c '[.status, (.illegal | length)]')" '["rejected",1]'
        same "withdrawn at $side" "$(js $side show "$(number van7 40)" | jq -r .status)" withdrawn
        same "the pair at $side" "$(js $side show "$(number van7 151)" | jq -r '.duplicates[].other')" "$(number van3 5)"
    done
    same "the pair at van 3" "$(js van3 show "$(number van3 5)" | jq -r '.duplicates[].other')" "$(number van7 151)"
    same "the pair in HQ's inbox" "$(js hq hq inbox | jq -c '.duplicates | map([.a.number, .b.number] | sort)')" \
        "$(jq -nc --arg a "$(number van3 5)" --arg b "$(number van7 151)" '[[$a, $b] | sort]')"
}

rulings() {
    step "HQ rules"
    jem hq hq resolve "$(number van3 20)" --field phone --value 081200000002 --reason "ditelepon lagi" >"$T/out"
    jem hq hq link "$(number van7 151)" --to "$(number van3 5)" --reason "orang yang sama" >"$T/out"
    jem van7 correct "$(number van7 1)" --set "address=Jl. Melati No. 1" >"$T/out"
    sync_all
    same "conflicts left" "$(js hq hq conflicts | jq '[.conflicts, .duplicates] | flatten | length')" 0
    same "ruled at the van" "$(js van3 show "$(number van3 20)" | jq -c '[.conflicts, .fields.phone]')" '[[],"081200000002"]'
    same "linked at the van" "$(js van7 show "$(number van7 151)" | jq -c '[.status, .linked]')" "[\"linked\",\"$(number van3 5)\"]"
    same "received again" "$(js van7 show "$(number van7 1)" | jq -r .status)" received
}

# Stock git accepts all of it.
notary() {
    local repository ref n=0
    step "stock git checks"
    jem hq hq signers -o "$T/signers"
    for repository in "$HUB" "$T"/{hq,van3,van7}/ledger.git; do
        whole "$repository"
        same "fsck of $repository" "$(grep -v "^notice: HEAD points to an unborn branch" "$T/fsck" || true)" ""
        same "loose objects in $repository" "$(git -C "$repository" count-objects | cut -d' ' -f1)" 0
    done
    for ref in $(git -C "$HUB" for-each-ref --format='%(refname)' refs/heads/van refs/heads/feed refs/heads/hq); do
        n=$((n + $(git -C "$HUB" rev-list --count "$ref")))
        git -C "$HUB" rev-list "$ref" | xargs git -C "$HUB" -c gpg.ssh.allowedSignersFile="$T/signers" verify-commit \
            2>"$T/verify" || fail "$ref: $(grep -v Good "$T/verify" | head -3)"
    done
    same "refs on the hub" "$(git -C "$HUB" for-each-ref --format='%(refname)' | tr '\n' ' ')" \
        "refs/heads/feed/3/1.1 refs/heads/feed/7/1.1 refs/heads/hq/1.1 refs/heads/scan/3/1.1 refs/heads/scan/7/1.1 refs/heads/van/3/1.1 refs/heads/van/7/1.1 "
    same "trees of one entry or two" "$(git -C "$HUB" rev-list --all | xargs -n 1 git -C "$HUB" ls-tree --name-only | sort -u | tr '\n' ' ')" \
        "chunk heads segment "
    step "$n signed commits verified"
}

# No name, NIK, phone, address or file name of anybody in any object, ref or message of the hub, nor in status.db. The
# same search finds every one of them in the lines that were typed, so that it is known to find.
nothing_leaks() {
    local n line file
    step "search of the inflated hub"
    cat "$T"/van?.in/personal.txt | sort -u >"$T/personal"
    cat "$T"/van?.in/lines.jsonl "$T"/van?.dump "$T/corrected" >"$T/typed"
    n=$(wc -l <"$T/personal")
    [ "$n" -gt 1200 ] || fail "only $n strings to search for"
    # Where one string is a part of another, grep tells the longer: those are looked for one by one.
    LC_ALL=C grep -a -o -F -f "$T/personal" "$T/typed" | sort -u | comm -23 "$T/personal" - >"$T/unseen"
    [ "$(wc -l <"$T/unseen")" -lt 50 ] || fail "the search does not find: $(head -3 "$T/unseen")"
    while read -r line; do grep -qF -- "$line" "$T/typed" || fail "the search does not find $line"; done <"$T/unseen"
    git -C "$HUB" cat-file --batch --batch-all-objects >"$T/objects"
    git -C "$HUB" for-each-ref >"$T/refs"
    git -C "$HUB" log --all --format=fuller >>"$T/refs"
    cat "$HUB"/{config,description,packed-refs} >>"$T/refs" 2>/dev/null || true
    [ "$(stat -c %s "$T/objects")" -gt 1000000 ] || fail "the hub holds too little: $(stat -c %s "$T/objects")"
    jem hq hq status-export -o "$T/status.db" >"$T/out"
    for file in objects refs status.db; do
        ! LC_ALL=C grep -a -o -i -F -f "$T/personal" "$T/$file" >"$T/found" || fail "in $file: $(sort "$T/found" | uniq -c | head -3)"
    done
}

# A second round has nothing to send, and the hub stays as it is.
quiet() {
    local side refs
    refs=$(git -C "$HUB" for-each-ref)
    for side in van3 van7; do
        js $side sync >"$T/out"
        same "a second sync of $side" "$(jq -c '[.pushed_events, .confirmed_events, .received_events, .pending_events, .pending_documents, .slices, .refused]' "$T/out")" \
            '[0,0,0,0,0,0,""]'
        [ "$(jq '.bytes_up + .bytes_down' "$T/out")" -lt 20000 ] || fail "a sync of nothing moves too much: $(<"$T/out")"
    done
    same "a second sync of HQ" "$(js hq hq sync | jq -c '[.accepted_events, .accepted_documents, .quarantined, .published_events]')" '[0,0,0,0]'
    same "refs of the hub" "$(git -C "$HUB" for-each-ref)" "$refs"
}

audits() {
    local side before
    for side in hq van3 van7; do
        before=$(state $side)
        same "rebuilt views of $side" "$(js $side audit verify --rebuild | jq -c '[.events,.blobs,.digest,.problems]')" "$before"
    done
}

round() {
    step "enrolment"
    regency
    step "300 applications with documents"
    record van3 31
    record van7 71
    same "a van that never synced" "$(js van3 list --limit 1 | jq -c '[.applications[] | [.status, .confirmed]]')" '[["submitted",false]]'
    step "first round"
    sync_all
    for van in van3 van7; do # it fetches its own feed, not what others sent
        [ "$(jq .bytes_down "$T/$van.sync2")" -lt 100000 ] || fail "$van fetched $(jq .bytes_down "$T/$van.sync2") bytes"
    done
    same "confirmed at once" "$(jq .pending_events "$T/van3.sync2" "$T/van7.sync2" | sort -u)" 0
    equal_everywhere
    as_entered van3
    as_entered van7
    work
    sync_all
    same "conflicts told" "$(jq -c '[.conflicts, .duplicates]' "$T/hq.sync")" '[1,1]'
    equal_everywhere
    outcome
    rulings
    equal_everywhere
    quiet
    notary
    nothing_leaks
    audits
    step "done"
}
