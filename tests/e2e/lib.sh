# lib.sh - what the end-to-end and crash suites share. Sourced first; the suite runs from the top of the checkout.
#   T      a scratch folder of this suite, gone at its end
#   B      the build folder, JEMPUT the program
# A check that fails says what was expected and ends the suite.
# shellcheck shell=bash
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
B=$(realpath "${B:-build}")
JEMPUT=$(realpath "${JEMPUT:-$B/jemput}")
export B JEMPUT TZ=Asia/Jakarta LC_ALL=C.UTF-8 JEMPUT_LANG=en
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0
unset JEMPUT_HOME JEMPUT_USER GIT_DIR GIT_WORK_TREE
T=$(mktemp -d "${TMPDIR:-/tmp}/e2e-XXXXXX")
at_exit=()
finish() {
    local rc=$? i
    trap - EXIT
    for ((i = ${#at_exit[@]} - 1; i >= 0; i--)); do ${at_exit[i]} || true; done
    if [ $rc != 0 ] && [ -n "${KEEP:-}" ]; then echo "kept: $T" >&2; else rm -rf "$T"; fi
    exit $rc
}
trap finish EXIT
trap 'exit 130' INT TERM
trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND" >&2' ERR

fail() {
    trap - ERR
    printf 'FAILED at %s:%s: %s\n' "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$*" >&2
    local i
    for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
        printf '    from %s:%s\n' "${BASH_SOURCE[i + 1]##*/}" "${BASH_LINENO[i]}" >&2
    done
    exit 1
}
step() { local ms=$((($(date +%s%N) - started) / 1000000)); printf "%4d.%01d  %s\n" $((ms / 1000)) $((ms % 1000 / 100)) "$*"; }
started=$(date +%s%N)

# same WHAT A B
same() { [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"; }
# has TEXT PART
has() { [[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"; }

# Folders and who works in them: hq (rina, admin), van3 (siti), van7 (budi). The passphrase differs by folder.
declare -A officer=([hq]=rina [van3]=siti [van7]=budi)
pass() { # NAME -> its passphrase file
    local file=$T/${1//\//-}.pass
    [ -f "$file" ] || printf 'frasa sandi %s tujuh kata\n' "$1" >"$file"
    echo "$file"
}
# jem NAME ARGS...: the program in folder T/NAME as its officer
jem() {
    local name=$1
    shift
    "$JEMPUT" -C "$T/$name" --user "${officer[$name]}" --passphrase-file "$(pass "$name")" "$@"
}
# js NAME ARGS...: the same with --json
js() {
    local name=$1
    shift
    jem "$name" --json "$@"
}
# exits CODE COMMAND...: the command must end with that code; its output stays in T/out and T/err
exits() {
    local want=$1 rc=0
    shift
    "$@" >"$T/out" 2>"$T/err" || rc=$?
    [ $rc = "$want" ] || fail "exit $rc instead of $want: $* :: $(head -c 400 "$T/err")"
}
# refuses CODE NAME ARGS...: the command is refused with that code, and says why in both languages, in one line that
# starts with "jemput: ", and as an error object under --json
refuses() {
    local code=$1 name=$2 id
    shift 2
    exits "$code" jem "$name" --lang id "$@"
    id=$(<"$T/err")
    exits "$code" jem "$name" --lang en "$@"
    has "$id" "jemput: "
    has "$(<"$T/err")" "jemput: "
    [ "$id" != "$(<"$T/err")" ] || fail "one text for both languages: $id"
    exits "$code" js "$name" --lang en "$@"
    same "error object of: $*" "$(jq -r 'has("error") and (.message | length > 10)' "$T/out")" true
}
# says TEXT: the message of the last refusal
says() { has "$(<"$T/err")" "$1"; }

# state NAME: a line that changes when anything at all is recorded there
state() { js "$1" audit verify | jq -c '[.events,.blobs,.digest,.problems]'; }
# unchanged NAME BEFORE
unchanged() { same "$1 is as it was" "$(state "$1")" "$2"; }

# cheap NAME: its officer's passphrase costs next to nothing from here on
cheap() { fixtures slot "$T/$1" "${officer[$1]}" "$(pass "$1")"; }
# regency HUB...: makes HQ and enrols vans 3 and 7, with the words compared on both ways. hub_of NAME gives the URL.
regency() {
    jem hq init --role hq --name "Dukcapil Cianjur" --region 3203 --host status.cianjur.example \
        --contact "0263-123456" --hub "$(hub_of hq)" >"$T/out"
    cheap hq
    enrol van3 3
    enrol van7 7
}
# enrol NAME NUMBER
enrol() {
    local name=$1 n=$2 file=$T/${1//\//-} words grant
    jem "$name" init --role van --name "Van $n" --hub "$(hub_of "$name")" >"$T/out"
    cheap "$name"
    words=$(js "$name" enrol request -o "$file.request" | jq -r .words)
    [ "$(wc -w <<<"${words//-/ }")" = 8 ] || fail "eight words: $words"
    exits 6 jem hq hq enrol "$file.request" --number "$n" -o "$file.grant" --words "${words%-*}-salah"
    [ ! -e "$file.grant" ] || fail "a grant in spite of wrong words"
    js hq hq enrol "$file.request" --number "$n" -o "$file.grant" --words "$words" >"$T/out"
    same "the request's words at HQ" "$(jq -r .request_words "$T/out")" "$words"
    grant=$(jq -r .words "$T/out")
    exits 6 jem "$name" enrol accept "$file.grant" --words "$words"
    js "$name" enrol accept "$file.grant" --words "$grant" >"$T/out"
    same "the grant's words at the van" "$(jq -r .words "$T/out")" "$grant"
    same "the van's number" "$(jq -r .van "$T/out")" "$n"
}

# whole REPOSITORY: stock git finds nothing wrong in it. A hub's git packs by itself after a push, in a process of its own that
# goes on when the push has been answered; a check that reads the packs it replaces would find them gone.
whole() {
    local quiet=0
    for _ in $(seq 600); do
        if [ -e "$1/gc.pid" ] || [ -e "$1/objects/maintenance.lock" ]; then quiet=0; else quiet=$((quiet + 1)); fi
        [ $quiet -lt 3 ] || break
        sleep 0.1
    done
    git -C "$1" fsck --strict --full --no-dangling >"$T/fsck" 2>&1 || fail "fsck of $1: $(head -3 "$T/fsck")"
}

# dump NAME: every application whole, one line each
dump() { "$B/tests/dump" "$T/$1" "${officer[$1]}" "$(pass "$1")"; }
fixtures() { "$B/tests/fixtures" "$@"; }
