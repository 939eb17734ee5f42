#!/usr/bin/env bash
# readme.sh - every block of README.md that is marked "run", in its order, in one shell, as a reader would type them in an
# empty folder. Only what a reader has to fill in is filled in here: passphrases, the number, the papers.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
top=$PWD
mkdir "$T/day" "$T/bin"
ln -s "$JEMPUT" "$T/bin/jemput"
"$B/tests/fixtures" jpeg "$T/day/kk.jpg" 900 1200
"$B/tests/fixtures" pdf "$T/day/formulir.pdf" 2
awk '/^<!-- run -->/ { marked = 1; next }
    /^```/ { inside = marked && /^```sh/; if (!inside) marked = 0; next }
    inside { print }' README.md |
    sed -e "s|^N=[0-9A-Z-]*|N=\$(jemput --json list --limit 1 \| jq -r '.applications[0].number')|" \
        -e "s|/usr/local/share/jemput/catalog|$top/src/record/catalog|" >"$T/commands"
[ "$(grep -c jemput "$T/commands")" -ge 25 ] || fail "few commands: $(<"$T/commands")"
step "$(grep -c . "$T/commands") lines"
"$JEMPUT" help --lang en | sed -n 's/^  \([a-z][a-z -]*[a-z]\) .*  .*/\1/p' | sed 's/  .*//' >"$T/paths"
[ "$(wc -l <"$T/paths")" -ge 40 ] || fail "few commands in the help: $(<"$T/paths")"
while read -r path; do
    grep -q "^| .*\`$path[\` ]" README.md || fail "the table of commands lacks: $path"
done <"$T/paths"
export JEMPUT_PASSPHRASE_FILE
JEMPUT_PASSPHRASE_FILE=$(pass day)
(cd "$T/day" && PATH=$T/bin:$PATH bash -euxo pipefail "$T/commands" >"$T/out" 2>"$T/err") || fail "$(tail -3 "$T/err")"
step "what they leave"
at() { "$JEMPUT" -C "$T/day/$1" --user "$2" --json "${@:3}"; }
number=$(at hq rina list | jq -r '.applications[0].number')
same "stage at headquarters" "$(at hq rina show "$number" | jq -r .status)" ready
same "the van, after the stick came back" "$(at van1 siti show "$number" | jq -c '[.status, .confirmed, .fields.phone]')" \
    '["ready","confirmed","081298765432"]'
at van1 siti sync >"$T/out"
same "the catalogue that came along" "$(at van1 siti catalog show pdam-tangki | jq -r '.id // .services[0].id')" pdam-tangki
same "the receipt's code" "$(zbarimg -q --raw "$T/day/receipt.png" 2>"$T/err")" "$(at van1 siti show "$number" | jq -r .qr)"
