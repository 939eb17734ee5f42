#!/usr/bin/env bash
# backup.sh - backup and restore are killed before and after their steps, and every kind of step is made to fail: a backup
# of the name is always whole, the old one or the new; a folder holds a whole store or none; the next run needs no help. Then
# the same on a disk that is full.
# JEM_SEED=N repeats a run's choice of steps, JEM_SOAK=1 takes every step.
. "$(dirname "$0")/../e2e/lib.sh"
seed=${JEM_SEED:-$((($(date +%s%N) / 1000) % 32768))}
echo "backup: JEM_SEED=$seed"
RANDOM=$seed
"${CC:-gcc}" -std=c17 -O1 -shared -fPIC tests/crash/stop/stop.c -o "$T/stop.so" -ldl
HUB=$T/hub.git
hub_of() { echo "$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
jem hq init --role hq --name "Dukcapil Cianjur" --region 3203 --hub "$HUB" >"$T/out"
cheap hq
enrol van3 3
fixtures lines "$seed" 12 4 "$T/in"
js van3 apply --from "$T/in/lines.jsonl" >"$T/out"
mkdir "$T/stick"
file=$T/stick/van3.backup
want=$(state van3)
officer[new]=siti
cp "$(pass van3)" "$T/new.pass"

# under HOW K ARGS...: the program as siti with the library in; its exit code in $rc
under() {
    local how=$1 k=$2
    shift 2
    rc=0
    # the inner shell stays, so that its word of the killed one goes to T/err
    (
        JEM_STOP=$how JEM_STOP_AT=$k LD_PRELOAD=$T/stop.so "$JEMPUT" --user siti --passphrase-file "$(pass van3)" "$@"
        exit $?
    ) >"$T/out" 2>"$T/err" || rc=$?
}
# killed WHAT: or the run was some steps shorter than the one that was counted
killed() {
    if [ $rc = 137 ]; then kills=$((kills + 1)); else [ $rc = 0 ] || fail "$1: exit $rc: $(<"$T/err")"; fi
}
# sample N: N lines of standard input, by the seed
sample() { awk -v n="$1" -v seed="$RANDOM" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' | sort | awk -v n="$1" "NR <= n" | cut -f2; }
# chosen ARGS...: steps of a run that is not stopped
chosen() {
    rm -f "$T/log"
    JEM_STOP_LOG=$T/log LD_PRELOAD=$T/stop.so "$JEMPUT" --user siti --passphrase-file "$(pass van3)" "$@" >"$T/out"
    if [ "${JEM_SOAK:-}" = 1 ]; then
        cut -d' ' -f1 "$T/log"
    else
        # the last ones give the names; of the others a few
        { tail -n 3 "$T/log"; grep -v pwrite "$T/log" | sample 10; grep pwrite "$T/log" | sample 4; } |
            cut -d' ' -f1 | sort -nu
    fi
}

# The file of that name is a whole backup; what it holds is asked of a restored store only now and then: it takes longest.
whole() {
    same "members" "$(tar -tf "$file" | tr '\n' ' ')" "jemput.db slots.json manifest.json "
    same "hash" "$(tar -xOf "$file" jemput.db | b2sum -l 256 | cut -d' ' -f1)" \
        "$(tar -xOf "$file" manifest.json | jq -r '.files[0].hash')"
}
drop() { rm -rf "$T/new"; }

step "backup, stopped"
jem van3 backup "$file" >"$T/out"
mapfile -t steps < <(chosen -C "$T/van3" backup "$file")
[ ${#steps[@]} -gt 8 ] || fail "few steps: ${steps[*]}"
kills=0
for k in "${steps[@]}"; do
    for how in before after; do
        under $how "$k" -C "$T/van3" backup "$file"
        killed "step $k, $how"
        whole
    done
done
unchanged van3 "$want"
jem van3 backup "$file" >"$T/out"
same "nothing but the backup" "$(ls "$T/stick")" van3.backup
jem new restore "$file" >"$T/out"
same "what it holds" "$(state new)" "$want"
drop
[ $kills -gt $((${#steps[@]} * 3 / 2)) ] || fail "only $kills kills"
step "$kills kills; backup, failing"
for k in "${steps[@]}"; do
    under fail "$k" -C "$T/van3" backup "$file"
    [ $rc = 0 ] || [ $rc = 4 ] || [ $rc = 5 ] || [ $rc = 6 ] || fail "step $k: exit $rc: $(<"$T/err")"
    [ $rc = 0 ] || grep -q . "$T/err" || fail "step $k: not a word"
    whole
    rm -f "$file.part"
done
unchanged van3 "$want"

step "restore, stopped"
mapfile -t steps < <(chosen -C "$T/new" restore "$file")
drop
kills=0
for k in "${steps[@]}"; do
    for how in before after; do
        under $how "$k" -C "$T/new" restore "$file"
        killed "step $k, $how"
        if [ -e "$T/new/jemput.db" ]; then
            exits 1 jem new restore "$file"
        else
            exits 3 jem new list
            jem new restore "$file" >"$T/out"
        fi
        [ $((RANDOM % 4)) != 0 ] || same "step $k, $how" "$(state new)" "$want"
        drop
    done
done
[ $kills -gt $((${#steps[@]} * 3 / 2)) ] || fail "only $kills kills"
step "$kills kills; restore, failing"
for k in "${steps[@]}"; do
    under fail "$k" -C "$T/new" restore "$file"
    if [ $rc = 0 ] || [ -e "$T/new/jemput.db" ]; then
        same "step $k" "$(state new)" "$want"
    else
        grep -q . "$T/err" || fail "step $k: not a word"
        jem new restore "$file" >"$T/out"
    fi
    drop
done

step "a full disk"
mkdir "$T/small"
if mount -t tmpfs -o size=400k tmpfs "$T/small" 2>"$T/err"; then
    at_exit+=("umount $T/small")
    exits 4 jem van3 --lang en backup "$T/small/van3.backup"
    says "room"
    head -c 300k /dev/zero >"$T/small/other"
    exits 4 jem van3 backup "$T/small/van3.backup"
    same "nothing is left there" "$(ls "$T/small")" other
    rc=0
    "$JEMPUT" -C "$T/small/new" --user siti --passphrase-file "$(pass van3)" restore "$file" >"$T/out" 2>"$T/err" || rc=$?
    same "exit of a restore to a full disk" $rc 4
    [ ! -e "$T/small/new/jemput.db" ] && [ ! -e "$T/small/new/jemput.db.new" ] || fail "left: $(ls "$T/small/new")"
else
    echo "no tmpfs may be mounted here: $(<"$T/err")"
fi
step "done"
