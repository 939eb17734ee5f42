#!/usr/bin/env bash
# intake_api.sh - another system hands applications in: its key, the same one twice, what is refused, going on at the office by number.
. "$(dirname "$0")/lib.sh"
officer[hq]=rina
jem hq init --role hq --name Kantor --region 3203 --host s.example --user rina >"$T/out"
printf 'kunci rahasia sistem perizinan' >"$T/key"
exits 0 js hq user add mpp --role system --name "Mal Pelayanan Publik" --new-passphrase-file "$T/key"
port=$((20000 + RANDOM % 20000))
jem hq serve --no-sync --listen "127.0.0.1:$port" >"$T/serve" 2>&1 &
at_exit+=("kill $!")
url=http://127.0.0.1:$port/api/permohonan
for _ in $(seq 100); do curl -s -o /dev/null "http://127.0.0.1:$port/masuk" && break; read -rt 0.1 <> <(:) || true; done
ask() { # METHOD PATH [BODY]: status into $code, answer into T/out
    code=$(curl -s -o "$T/out" -w '%{http_code}' -u "mpp:$(<"$T/key")" -X "$1" ${3:+-H 'Content-Type: application/json' --data-binary "$3"} "$url$2")
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
ask GET "/$number"
same "how it stands" "$code $(jq -r .status "$T/out")" "200 received"
[ -z "$(grep -E '[0-9]{16}|Dewi' "$T/out")" ] || fail "a person in: $(<"$T/out")"
step "a system opens no pages; a disabled one opens nothing"
same "login" "$(curl -s -o /dev/null -w '%{http_code}' -H "Origin: http://127.0.0.1:$port" --data-urlencode "user=mpp" \
    --data-urlencode "pass=$(<"$T/key")" "http://127.0.0.1:$port/masuk")" 403
jem hq user disable mpp --reason selesai >"$T/out"
ask GET "/$number"
[ "$code" = 401 ] || [ "$code" = 403 ] || fail "after disabling: $code"
echo ok
