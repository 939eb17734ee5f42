#!/usr/bin/env bash
# mirror.sh - headquarters' log in PostgreSQL: cut off at any moment and taken up again, repeated, beside another region, partitioned;
# nothing of a person's number, and what is erased here is gone there.
. "$(dirname "$0")/lib.sh"
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

N=${JEM_SOAK:+20000}
N=${N:-600}
form() { # FROM COUNT: lines that pass
    jem "$1" --json catalog show pdam >"$T/pdam"
    jq -r -n --slurpfile s "$T/pdam" --argjson from "$2" --argjson n "$3" '
        [$s[0].services[0].fields[] | select(.required) | {(.name): (if .type == "village" then "3203012001"
            elif .type == "integer" then "4" elif .type == "phone" then "081234567890"
            elif (.options | length) > 0 then .options[0].value else "Jalan Raya 1" end)}] | add as $set
        | range($from; $from + $n) | {service: "pdam", nik: "320301\(10 + (. % 18))0280\(1000 + . )", name: "Orang \(.)", set: $set,
            allow_duplicate: "uji"} | tojson'
}
hq() { # NAME REGION
    officer[$1]=rina
    jem "$1" init --role hq --name "Kantor $1" --region "$2" --host s.example --user rina >"$T/out"
}
step "a first region, killed at several moments"
hq hq 3203
form hq 0 "$N" >"$T/lines"
exits 0 js hq apply --from "$T/lines"
same "recorded" "$(jq '.recorded | length' "$T/out")" "$N"
refuses 1 hq hq mirror mysql://x
refuses 4 hq hq mirror "postgresql://jemput@/postgres?host=$P/none"
for s in 0.15 0.25 0.4; do
    timeout -s KILL "$s" "$JEMPUT" -C "$T/hq" --user rina --passphrase-file "$(pass hq)" hq mirror "$url" >/dev/null 2>&1 || true
done
exits 0 js hq hq mirror "$url"
same "the mirror has every event" "$(jq -c '.total == .source' "$T/out")" true
total=$(jq .total "$T/out")
step "as the source has it, by count and by hash"
last=$(js hq list --limit 1 | jq -r '.applications[0].number') # a hash is over all that went before
same "hash" "$(sql "SELECT encode(hash, 'hex') FROM jemput.event WHERE subject = '$last' AND kind = 'application.submitted'")" \
    "$(js hq log "$last" | jq -r '.events[] | select(.kind == "application.submitted") | .hash')"
same "applications" "$(sql "SELECT count(*) FROM jemput.application WHERE status = 'received'")" "$N"
[ -z "$(sql "SELECT 1 FROM jemput.event WHERE body::text ~ '[0-9]{16}' LIMIT 1")" ] || fail "a NIK is in the log's mirror"
[ -z "$(sql "SELECT 1 FROM jemput.application WHERE nik ~ '[0-9]{16}' OR fields::text ~ '[0-9]{16}' LIMIT 1")" ] || fail "a NIK is in the mirror"
step "again: only what is new; a decision, an erasure"
read -r one two < <(js hq list --limit 2 | jq -r '[.applications[].number] | join(" ")')
exits 0 js hq hq decide "$one" --to verified
exits 0 js hq hq erase "$two" --basis "permintaan"
has "$(<"$T/out")" '"what":"mirror"'
exits 0 js hq hq mirror "$url"
[ "$(jq .events "$T/out")" -lt 10 ] || fail "sent again: $(<"$T/out")"
same "the stage" "$(sql "SELECT status FROM jemput.application WHERE number = '$one'")" verified
same "the erased" "$(sql "SELECT count(*) FROM jemput.application WHERE number = '$two'")" 0
same "its bodies" "$(sql "SELECT count(*) FROM jemput.event WHERE subject = '$two' AND body IS NOT NULL")" 0
exits 0 js hq hq mirror "$url"
same "nothing left" "$(jq -c '[.applications, .total == .source]' "$T/out")" '[0,true]'
step "a second region beside it; partitioned tables"
hq hq2 3204
form hq2 0 20 >"$T/lines"
exits 0 js hq2 apply --from "$T/lines"
exits 0 js hq2 hq mirror "$url"
same "regions" "$(sql 'SELECT count(DISTINCT region) FROM jemput.event')" 2
[ "$(sql "SELECT count(*) FROM jemput.event WHERE region = '3203'")" -gt "$total" ] || fail "the first region lost events"
sql 'CREATE DATABASE partitioned'
exits 0 js hq2 hq mirror "postgresql://jemput@/partitioned?host=$P" --partitioned
same "partition" "$(psql -qtAX "postgresql://jemput@/partitioned?host=$P" -c 'SELECT count(*) > 20 FROM jemput.event_3204')" t
echo ok
