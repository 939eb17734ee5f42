#!/usr/bin/env bash
# intake_api.sh - another system hands applications in: its key, the same one twice, what is refused, going on at the office by number.
. "$(dirname "$0")/lib.sh"
. tests/e2e/pages.sh
officer[hq]=rina
jem hq init --role hq --name Kantor --region 3203 --host s.example --user rina >"$T/out"
printf 'kunci rahasia sistem perizinan' >"$T/key"
exits 0 js hq user add mpp --role system --name "Mal Pelayanan Publik" --new-passphrase-file "$T/key"
serving hq --no-sync
url=${serve_url[hq]}api/permohonan
ask() { # METHOD PATH [BODY]: status into $code, answer into T/out
    printf %s "${3:-}" >"$T/body"
    code=$(curl -s -o "$T/out" -w '%{http_code}' -u "${who:-mpp}:$(<"$T/key")" -X "$1" ${3:+-H 'Content-Type: application/json' --data-binary "@$T/body"} "$url$2")
}
form=$(jem hq --json catalog show pdam | jq -c '[.services[0].fields[] | select(.required) | {(.name): (if .type == "village" then "3203012001"
    elif .type == "integer" then "4" elif .type == "phone" then "081234567890" elif (.options | length) > 0 then .options[0].value
    else "Jalan Raya 1" end)}] | add | {service: "pdam", nik: "3203125508900018", name: "Dewi Lestari", set: ., reference: "MPP/2026/1"}')
step "a key, and whose it is"
same "without a key" "$(curl -s -o "$T/out" -w '%{http_code}' -X POST -d x=1 "$url")" 403
same "a wrong key" "$(curl -s -o "$T/out" -w '%{http_code}' -u mpp:salah "$url/layanan")" 401
same "an officer's" "$(curl -s -o "$T/out" -w '%{http_code}' -u "rina:$(<"$(pass hq)")" "$url/layanan")" 403
ask GET /layanan
same "services" "$code $(jq '.services | length > 5' "$T/out")" "200 true"
step "recorded once, whatever is sent again"
ask POST "" "$form"
same "recorded" "$code" 201
number=$(jq -r .number "$T/out")
ask POST "" "$form"
same "again" "$code $(jq -r '.number + " " + (.again | tostring)' "$T/out")" "200 $number true"
ask POST "" "$(jq -c '.reference = "MPP/2026/2"' <<<"$form")"
same "the same person and service" "$code" 409
ask POST "" "$(jq -c '.reference = "MPP/2026/3" | .nik = "123"' <<<"$form")"
same "a wrong NIK" "$code $(jq -r '.errors[0].field' "$T/out")" "422 nik"
ask POST "" "{"
same "no JSON" "$code" 400
step "on in another channel, by its number"
same "channel and officer" "$(js hq show "$number" | jq -r '.channel + " " + .by')" "electronic mpp"
jem hq correct "$number" --set phone=081298765432 --reason "di loket" >"$T/out"
ask POST "/$number" '{"nik":"3203010101010001","set":{"phone":"081200000000"}}'
same "somebody else's" "$code" 404
ask POST "/$number" '{"nik":"3203125508900018","set":{"phone":"081211112222"}}'
same "corrected" "$code" 200
fixtures png "$T/kk.png" 300 400
fixtures png "$T/ktp.png" 320 200
same "the same again" "$(ask POST "/$number" '{"nik":"3203125508900018","set":{"phone":"081211112222"}}'; echo "$code")" 200
base64 -w0 "$T/kk.png" >"$T/kk.b64"
base64 -w0 "$T/ktp.png" >"$T/ktp.b64"
papers=$(jq -cn --rawfile a "$T/kk.b64" --rawfile b "$T/ktp.b64" --arg nik 3203125508900018 \
    '{nik: $nik, documents: [{kind: "ktp", name: "ktp.png", base64: $b}, {kind: "lain", name: "kk.png", base64: $a}]}')
ask POST "/$number" "$papers"
same "papers" "$code $(jq -c '[.documents[].kind]' "$T/out")" '200 ["ktp","lain"]'
ask POST "/$number" "$papers"
same "papers again" "$code $(jq -c '.documents' "$T/out")" '200 []'
same "with their pages" "$(js hq show "$number" | jq -c '[.documents[] | [.kind, .pages, .complete]]')" '[["ktp",1,true],["lain",1,true]]'
jem hq document "$number" 1 -o "$T/paper.png" >"$T/out"
same "as it was sent" "$(cmp "$T/paper.png" "$T/ktp.png" && echo same)" same
ask POST "/$number" "$(jq -c '.documents = [{kind: "ktp", base64: "!!"}]' <<<"$papers")"
same "no base64" "$code" 422
ask POST "/$number" "$(jq -c '.documents = [{kind: "tiket", base64: "AAAA"}]' <<<"$papers")"
same "another kind" "$code" 422
ask POST "" "$(jq -c --rawfile b "$T/ktp.b64" '.reference = "MPP/2026/4" | .nik = "3203010203900007" | .documents = [{kind: "ktp", base64: $b}]' <<<"$form")"
same "recorded with a paper" "$code $(js hq show "$(jq -r .number "$T/out")" | jq -c '[.documents[].kind]')" '201 ["ktp"]'
counter=$(js hq apply --service pdam --nik 3203011201900003 --name "Asep Rahmat" $(jq -r '.set | to_entries[] | "--set \(.key)=\(.value | gsub(" "; "_"))"' <<<"$form") | jq -r .number)
ask POST "/$counter" "$(jq -c '.nik = "3203011201900003"' <<<"$papers")"
same "to one that began at a counter" "$code $(js hq show "$counter" | jq -r '.channel + " " + (.documents | length | tostring)')" "200 office 2"
same "and that it went on" "$(jem hq --json log "$counter" | jq -r '[.events[] | select(.kind == "application.continued") | .body.channel] | join(",")')" electronic
ask GET "/$number"
same "how it stands" "$code $(jq -r .status "$T/out")" "200 received"
[ -z "$(grep -E '[0-9]{16}|Dewi' "$T/out")" ] || fail "a person in: $(<"$T/out")"
exits 0 js hq user add bpjs --role system --agency bpjs-kesehatan --name "BPJS" --new-passphrase-file "$T/key"
who=bpjs ask POST "/$counter" "$(jq -c '.nik = "3203011201900003"' <<<"$papers")"
same "another agency's key" "$code" 403
step "a system opens no pages; a disabled one opens nothing"
same "login" "$(curl -s -o /dev/null -w '%{http_code}' -H "Origin: ${serve_url[hq]%/}" --data-urlencode "user=mpp" \
    --data-urlencode "pass=$(<"$T/key")" "${serve_url[hq]}masuk")" 403
jem hq user disable mpp --reason selesai >"$T/out"
ask GET "/$number"
[ "$code" = 401 ] || [ "$code" = 403 ] || fail "after disabling: $code"
echo ok
