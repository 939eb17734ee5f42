#!/usr/bin/env bash
# demo.sh - a demo regency in a fresh folder: headquarters, two vans, a hub and the status site, with fifty made-up
# applications in every stage. Shows where everything is, serves until Ctrl-C or TERM, then stops all it started.
#
#   JEMPUT                the program (default build/jemput)
#   JEMPUT_DEMO_DIR       the folder (default: demo beside the program); an earlier demo there is replaced, anything
#                         else is left alone
#   JEMPUT_DEMO_PORTS     four ports wanted for van 1, van 2, the status site and the office (default "8081 8082 8090
#                         8080"); a port that is taken gives way to a free one
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
JEMPUT=$(realpath "${JEMPUT:-build/jemput}")
D=$(realpath -m "${JEMPUT_DEMO_DIR:-$(dirname "$JEMPUT")/demo}")
read -ra ports <<<"${JEMPUT_DEMO_PORTS:-8081 8082 8090 8080}"
export TZ=Asia/Jakarta LC_ALL=C.UTF-8
unset JEMPUT_HOME JEMPUT_USER JEMPUT_PASSPHRASE_FILE
marker=.jemput-demo
villages=src/npm/node_modules/idn-area-data/data/villages.csv

die() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}
say() { printf '  %s\n' "$*"; }

servers=()
# shellcheck disable=SC2317 # called by traps
stop() {
    trap - EXIT
    trap '' INT TERM HUP
    if [ ${#servers[@]} -gt 0 ]; then
        kill "${servers[@]}" 2>/dev/null || true
        wait "${servers[@]}" 2>/dev/null || true
    fi
}
trap 'stop; exit 130' INT TERM HUP
trap 'rc=$?; stop; exit $rc' EXIT
trap 'echo "demo: this failed: $BASH_COMMAND" >&2; tail -n 2 "$D/log" >&2' ERR

# ---- the folder: ours alone, for one demo at a time --------------------------------------------------------
fresh_folder() {
    if [ -e "$D" ] && [ ! -e "$D/$marker" ] && [ -n "$(ls -A "$D" 2>/dev/null || echo file)" ]; then
        die "$D is there and is not a demo; name another folder with JEMPUT_DEMO_DIR"
    fi
    mkdir -p "$D"
    exec 9>>"$D/$marker"
    flock -n 9 || die "a demo is running in $D; stop it with Ctrl-C there, or set JEMPUT_DEMO_DIR"
    find "$D" -mindepth 1 -maxdepth 1 ! -name "$marker" -exec rm -rf {} +
    mkdir "$D/stores" "$D/passphrases" "$D/papers"
}

# ---- who works where ------------------------------------------------------------------------------------------
# person NAME USER PASSPHRASE: a store's officer, and $D/NAME, which runs the program there as that officer
person() {
    printf '%s\n' "$3" >"$D/passphrases/$1"
    chmod 600 "$D/passphrases/$1"
    printf '#!/bin/sh\nexec %q -C %q --user %q --passphrase-file %q "$@"\n' \
        "$JEMPUT" "$D/stores/$1" "$2" "$D/passphrases/$1" >"$D/$1"
    chmod 755 "$D/$1"
}
office() { "$D/office" "$@" >>"$D/log" 2>&1; }
van() { # N ARGS...
    local n=$1
    shift
    "$D/van$n" "$@" >>"$D/log" 2>&1
}
enrol() { # N PLACE
    van "$1" init --role van --name "$2" --hub "$D/hub.git"
    van "$1" enrol request -o "$D/van$1.request"
    office hq enrol "$D/van$1.request" --number "$1" -o "$D/van$1.grant"
    van "$1" enrol accept "$D/van$1.grant"
    rm "$D/van$1.request" "$D/van$1.grant"
}

make_regency() {
    "$JEMPUT" hub init "$D/hub.git" >>"$D/log"
    person office rina "kantor cianjur pagi"
    person van1 siti "van satu pagi"
    person van2 budi "van dua pagi"
    office init --role hq --name "Dukcapil Kabupaten Cianjur" --region 3203 --place "Kabupaten Cianjur" \
        --contact "0263-000000" --host status.cianjur.example --hub "$D/hub.git"
    enrol 1 "Cianjur Utara"
    enrol 2 "Cianjur Selatan"
}

# ---- a day's work -----------------------------------------------------------------------------------------------
write_lines() {
    local pdf
    LC_ALL=C awk -v regency=32.03 -v today=$((($(date +%s) + 7 * 3600) / 86400)) -v out="$D" \
        -f src/cli/demo_lines.awk "$villages" >"$D/papers.list"
    while read -r pdf; do
        case $pdf in
        */kk-*)
            pdftoppm -q -jpeg -gray -r 130 -singlefile "$pdf" "${pdf%.pdf}"
            rm "$pdf"
            ;;
        esac
    done <"$D/papers.list"
    rm "$D/papers.list"
}
# record N WHEN: the numbers go to the array van<N>_<WHEN>
# shellcheck disable=SC2034 # record fills each
van1_early=() van2_early=() van1_late=() van2_late=()
record() {
    local -n numbers=van$1_$2
    "$D/van$1" apply --from "$D/van$1-$2.jsonl" >"$D/recorded" 2>>"$D/log"
    mapfile -t numbers < <(awk '$1 ~ /^[0-9]+$/ && $2 ~ /-/ { print $2 }' "$D/recorded")
    [ ${#numbers[@]} = "$(wc -l <"$D/van$1-$2.jsonl")" ] || die "not every line was recorded; see $D/log"
    rm "$D/recorded" "$D/van$1-$2.jsonl"
}
round() {
    van 1 sync
    van 2 sync
    office hq sync
}
# decide NUMBER STAGE...: one after the other, as clerks do
decide() {
    local number=$1 to
    shift
    for to in "$@"; do
        office hq decide "$number" --to "$to"
    done
}
work_at_office() {
    decide "${van1_early[3]}" verified in_process ready handed_over
    decide "${van2_early[1]}" verified in_process ready
    decide "${van1_early[1]}" verified in_process ready
    decide "${van2_early[4]}" verified in_process
    decide "${van1_early[5]}" verified in_process
    decide "${van2_early[6]}" verified
    decide "${van1_early[7]}" verified
    office hq decide "${van2_early[8]}" --to returned --reason "Foto kartu keluarga tidak terbaca; mohon foto ulang"
    office hq decide "${van1_early[9]}" --to rejected --reason "Bukan penduduk kabupaten ini"
    van 2 withdraw "${van2_early[10]}" --reason "Pemohon salah memilih layanan"
}
# One telephone number, corrected by the office and in the van before either heard of the other.
disagree() {
    office correct "$1" --set phone=081234567801 --reason "Ditelepon pemohon"
    van 1 correct "$1" --set phone=081234567802 --reason "Disebut pemohon di van"
}
record_day() {
    say "writing fifty made-up applications and their papers"
    write_lines
    say "recording in both vans, without a network"
    record 1 early
    record 2 early
    say "first round: vans -> hub -> office -> hub -> vans"
    round
    van 1 sync
    van 2 sync
    say "deciding at the office; one disagreement with a van"
    work_at_office
    disagree "${van1_early[12]}"
    say "second round"
    round
    van 1 sync
    van 2 sync
    say "recording the afternoon, not yet sent"
    record 1 late
    record 2 late
    office hq status-export -o "$D/status.db"
    van 1 receipt "${van1_early[3]}" --format png -o "$D/receipt.png"
}

# ---- serving --------------------------------------------------------------------------------------------------------
# serve NAME PORT COMMAND...: starts a server on PORT or on a free one and sets URL. A port that cannot be had is
# exit code 4 of the program.
serve() {
    local name=$1 port pid rc waited
    for port in "$2" 0; do
        : >"$D/$name.url"
        "${@:3}" --json --listen "127.0.0.1:$port" >"$D/$name.url" 2>"$D/$name.log" &
        pid=$!
        waited=0
        while [ $waited -lt 200 ] && [ ! -s "$D/$name.url" ] && kill -0 $pid 2>/dev/null; do
            sleep 0.05
            waited=$((waited + 1))
        done
        URL=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$D/$name.url")
        if [ -n "$URL" ] && kill -0 $pid 2>/dev/null; then
            servers+=("$pid")
            URL=${URL%/}
            return 0
        fi
        [ -s "$D/$name.url" ] || kill $pid 2>/dev/null || true
        rc=0
        wait $pid || rc=$?
        [ $rc = 4 ] || break
    done
    cat "$D/$name.log" >&2
    die "$name does not start"
}

near() { realpath --relative-base="$PWD" "$1"; }
explain() {
    local home
    home=$(near "$D")
    cat <<END

The demo regency is up. Ctrl-C stops it.

  Van 1, officer's page      $van1_url      login siti   passphrase: van satu pagi
  Van 2, officer's page      $van2_url      login budi   passphrase: van dua pagi
  Office, the clerks' page   $office_url      login rina   passphrase: kantor cianjur pagi
  Status site, for citizens  $site_url      try number ${van1_early[3]} (handed over)
                             $site_url/T/${van2_early[8]//-/}      (returned: something is missing)

  Everything is in $home: the stores of office, van1 and van2, hub.git (a bare git repository),
  status.db and receipt.png. $home/office, $home/van1 and $home/van2 run jemput in that
  store as its officer (the office's is rina, passphrase: kantor cianjur pagi).

Try, in another terminal:

  $home/office hq inbox                       what waits at the office: new, a disagreement, a duplicate
  $home/office hq conflicts
  $home/office hq resolve ${van1_early[12]} --field phone --value 081234567802 --reason "ditelepon lagi"
  $home/office hq link ${van2_early[0]} --to ${van1_early[0]} --reason "orang yang sama"
  $home/office hq decide ${van1_early[14]} --to verified
  $home/van1 list --unconfirmed               recorded this afternoon, not yet sent
  $home/van1 sync && $home/office hq sync && $home/van1 sync
  $home/office hq status-export -o $home/status.db
  $home/van1 show ${van1_early[3]}
  $home/van1 receipt ${van1_late[0]} --format pdf -o receipt.pdf
  $home/office audit verify
  $home/office hq signers -o signers && git -C $home/hub.git -c gpg.ssh.allowedSignersFile="\$PWD/signers" verify-commit -v hq/1.1

END
}

fresh_folder
printf 'Building the demo regency in %s\n' "$(near "$D")"
say "office of Kabupaten Cianjur (3203), vans 1 and 2, a bare hub"
make_regency
record_day
serve van1 "${ports[0]}" "$JEMPUT" -C "$D/stores/van1" serve
van1_url=$URL
serve van2 "${ports[1]}" "$JEMPUT" -C "$D/stores/van2" serve
van2_url=$URL
serve office "${ports[3]:-0}" "$JEMPUT" -C "$D/stores/office" serve
office_url=$URL
serve site "${ports[2]}" "$JEMPUT" status-site --db "$D/status.db"
site_url=$URL
trap 'stop; printf "\nThe demo is stopped; its folders stay in %s.\n" "$(near "$D")"; exit 0' INT TERM HUP
explain
wait -n "${servers[@]}" || true
cat "$D"/{van1,van2,site}.log >&2
die "a server ended by itself"
