#!/usr/bin/env bash
# mirror.sh - headquarters' log in PostgreSQL: cut off at any moment and taken up again, repeated, beside another region, partitioned;
# nothing of a person's number, and what is erased here is gone there.
. "$(dirname "$0")/lib.sh"
. tests/e2e/pages.sh
bin=$(dirname "$(find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -1)")
[ -x "$bin/initdb" ] || fail "no PostgreSQL server is installed"

# PostgreSQL refuses root: then it runs as nobody, in a folder that nobody may reach.
P=$(mktemp -d "/tmp/jem-pg-XXXXXX")
as=()
[ "$(id -u)" != 0 ] || { as=(setpriv --reuid=65534 --regid=65534 --clear-groups); chown 65534:65534 "$P"; }
pg_stop() { "${as[@]}" "$bin/pg_ctl" -D "$P/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$P"; }
at_exit+=(pg_stop)
cd "$P"
"${as[@]}" "$bin/initdb" -D "$P/data" -U jemput -A trust --no-sync >"$T/initdb" 2>&1 || fail "initdb: $(tail -3 "$T/initdb")"
"${as[@]}" "$bin/pg_ctl" -D "$P/data" -l "$P/log" -w -o "-k $P -c listen_addresses='' -c fsync=off -c max_connections=10" start >/dev/null
cd - >/dev/null
url="postgresql://jemput@/postgres?host=$P"
sql() { psql -qtAX "$url" -c "$1"; }

N=600 kills=3 slow=3 # kills within so many tenths of a second
[ "${JEM_SOAK:-}" != 1 ] || N=200000 kills=12 slow=60
form() { # FOLDER FROM COUNT: lines that pass
    jem "$1" --json catalog show pdam >"$T/pdam"
    jq -r -n --slurpfile s "$T/pdam" --argjson from "$2" --argjson n "$3" '
        [$s[0].services[0].fields[] | select(.required) | {(.name): (if .type == "village" then "3203012001"
            elif .type == "integer" then "4" elif .type == "phone" then "081234567890"
            elif (.options | length) > 0 then .options[0].value else "Jalan Raya 1" end)}] | add as $set
        | range($from; $from + $n) | {service: "pdam", nik: "320301\(10 + (. % 18))0280\(1000 + .)",
            name: "Orang \(.)", set: $set, allow_duplicate: "uji"} | tojson'
}
hq() { # NAME REGION
    officer[$1]=rina
    jem "$1" init --role hq --name "Kantor $1" --region "$2" --host s.example --user rina >"$T/out"
    cheap "$1"
}
mirror_killed() { # URL ARGS...: a run that ends somewhere
    local run
    "$JEMPUT" -C "$T/hq" --user rina --passphrase-file "$(pass hq)" hq mirror "$@" >/dev/null 2>&1 &
    run=$! # what comes next sets it anew
    read -rt "$((RANDOM % slow / 10)).$((RANDOM % 10))" <> <(:) || true
    kill -KILL $run 2>/dev/null || true
    wait $run 2>/dev/null || true
}
# A run to its end: the server may take a moment to see that the one before is dead.
mirror_whole() { # URL ARGS...
    local rc
    for _ in $(seq 100); do
        rc=0
        js hq hq mirror "$@" >"$T/out" 2>"$T/err" || rc=$?
        [ $rc = 4 ] || break
        read -rt 0.1 <> <(:) || true
    done
    [ $rc = 0 ] || fail "mirror: $rc $(<"$T/err")"
}
# Every event of a region, by its hash, as the database has it and as the store has it.
there() { psql -qtAX -F $'\t' "$1" -c "SELECT writer, lane, inc, seq, encode(hash, 'hex') FROM jemput.event WHERE region = '$2' ORDER BY 1, 2, 3, 4" | sha256sum; }
here() { "$B/tests/dump" "$T/$1" rina "$(pass "$1")" events | sha256sum; }

step "a first region, killed at random moments, while a second one comes"
hq hq 3203
hq hq2 3204
for of in "hq $((N - 5)) 0" "hq2 $((N / 30 - 5)) 100"; do
    read -r name count from <<<"$of"
    fixtures fill "$T/$name" rina "$(pass "$name")" "$count"
    form "$name" "$from" 5 >"$T/lines"
    exits 0 js "$name" apply --from "$T/lines"
    same "recorded" "$(jq '.recorded | length' "$T/out")" 5
done
refuses 1 hq hq mirror mysql://x
refuses 4 hq hq mirror "postgresql://jemput@/postgres?host=$P/none"
step "recorded"
js hq2 hq mirror "$url" >"$T/second" 2>&1 &
second=$!
for _ in $(seq $kills); do mirror_killed "$url"; done
wait $second || fail "the second region: $(<"$T/second")"
before=$(sql "SELECT count(*) FROM jemput.event WHERE region = '3203'")
step "$before events after $kills kills"
mirror_whole "$url"
same "the mirror has every event" "$(jq -c '.total == .source' "$T/out")" true
total=$(jq .total "$T/out")
step "as the source has it, by count and by hash: $total events"
# The run noted itself in the log afterwards: the next one brings that.
exits 0 js hq hq mirror "$url"
same "every hash" "$(there "$url" 3203)" "$(here hq)"
same "every hash of the second" "$(there "$url" 3204 | cut -c-64)" "$("$B/tests/dump" "$T/hq2" rina "$(pass hq2)" events | head -n -1 | sha256sum | cut -c-64)"
same "applications" "$(sql "SELECT count(*) FROM jemput.application WHERE status = 'received' AND region = '3203'")" "$N"
same "of the second" "$(sql "SELECT count(*) FROM jemput.application WHERE region = '3204'")" $((N / 30))
[ -z "$(sql "SELECT 1 FROM jemput.event WHERE body::text ~ '[0-9]{16}' LIMIT 1")" ] || fail "a NIK is in the log's mirror"
[ -z "$(sql "SELECT 1 FROM jemput.application WHERE nik ~ '[0-9]{16}' OR fields::text ~ '[0-9]{16}' LIMIT 1")" ] || fail "a NIK is in the mirror"
step "again: only what is new; a decision, an erasure"
read -r one two < <(js hq list --limit 2 | jq -r '[.applications[].number] | join(" ")')
exits 0 js hq hq decide "$one" --to verified
person=$(js hq show "$two" | jq -r .fields.name)
named() { "$bin/pg_dump" -d "$url" --data-only -t 'jemput.*' | grep -cF -e "$person\"" -e "$person"$'\t' || true; }
[ "$(named)" -ge 2 ] || fail "$person is not in the mirror: $(named)"
exits 0 js hq hq erase "$two" --basis "permintaan"
has "$(<"$T/out")" '"what":"mirror"'
exits 0 js hq hq mirror "$url"
[ "$(jq .events "$T/out")" -lt 10 ] || fail "sent again: $(<"$T/out")"
same "the stage" "$(sql "SELECT status FROM jemput.application WHERE number = '$one'")" verified
same "the erased" "$(sql "SELECT count(*) FROM jemput.application WHERE number = '$two'")" 0
same "its bodies" "$(sql "SELECT count(*) FROM jemput.event WHERE subject = '$two' AND body IS NOT NULL")" 0
same "$person, in every table" "$(named)" 0
exits 0 js hq hq mirror "$url"
same "nothing left" "$(jq -c '[.applications, .total == .source]' "$T/out")" '[0,true]'
step "by page: what is new, an address that is none, a server that is not there"
exits 0 js hq hq decide "$one" --to in_process
serving hq --no-sync
send() { press hq /ekspor/cermin /ekspor/cermin -w '%{http_code}' --data-urlencode "u=$1"; }
told() { # PART: the page comes to say it
    for _ in $(seq 300); do
        ask hq /ekspor/cermin >"$T/page"
        [[ $(<"$T/page") != *"$1"* ]] || return 0
        read -rt 0.1 <> <(:) || true
    done
    fail "the page does not say '$1': $(<"$T/page")"
}
same "sent" "$(send "$url")" 303
told "Region 3203: "
same "the stage that the page sent" "$(sql "SELECT status FROM jemput.application WHERE number = '$one'")" in_process
same "an address with a password" "$(send "postgresql://jemput:rahasia@/postgres?host=$P")" 422
has "$(<"$T/out")" "There is a password in that address"
same "another's address" "$(send "mysql://x")" 422
same "a database that is not there" "$(send "postgresql://jemput@/none?host=$P")" 303
told "run it again to go on"
ask hq /ekspor/cermin.sql >"$T/schema"
has "$(<"$T/schema")" "CREATE TABLE"
serve_stop hq
step "partitioned tables, killed too"
sql 'CREATE DATABASE partitioned'
url2="postgresql://jemput@/partitioned?host=$P"
exits 0 js hq2 hq mirror "$url2" --partitioned
for _ in $(seq $kills); do mirror_killed "$url2" --partitioned; done
mirror_whole "$url2" --partitioned
exits 0 js hq hq mirror "$url2" --partitioned
same "partition" "$(psql -qtAX "$url2" -c 'SELECT count(*) > 20 FROM jemput.event_3204')" t
same "every hash there" "$(there "$url2" 3203)" "$(here hq)"
step "done"
echo ok
