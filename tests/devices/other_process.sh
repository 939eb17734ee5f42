#!/usr/bin/env bash
# A program of its own scans from a virtual device: what it keeps when it is killed, unplugged or alone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
fail() {
    echo "other_process: $*" >&2
    exit 1
}
on_bus() { umockdev-wrapper "$B/tests/vusb_run" "$@"; }
whole() { # each file begins and ends as a JPEG does
    for f in "$@"; do
        [ "$(head -c2 "$f" | od -An -tx1 | tr -d ' ')" = ffd8 ] && [ "$(tail -c2 "$f" | od -An -tx1 | tr -d ' ')" = ffd9 ] ||
            fail "$f is no whole page"
    done
}

mkdir "$dir/a" "$dir/b" "$dir/c" "$dir/d"
on_bus tests/devices/scanner_duplex sheets=3 -- "$B/tests/scan_try" usb:1-1/SN-200 adf "$dir/a" >"$dir/out" 2>"$dir/err" ||
    fail "a scan failed: $(cat "$dir/out" "$dir/err")"
grep -qx 'done 3' "$dir/out" || fail "not three pages: $(cat "$dir/out")"
grep -q 'created=1 deleted=1 pages=3 outside=0' "$dir/err" || fail "$(cat "$dir/err")"
whole "$dir"/a/page-{1,2,3}.jpg

# Killed in the middle of a page; the next program throws away what is left in the pipe, and scans.
cat >"$dir/twice" <<'END'
#!/bin/sh
timeout -s KILL 0.4 "$1" usb:1-1/SN-200 adf "$2" && exit 9
for try in 1 2 3 4 5; do # the bus hears late of a process that died
    "$1" usb:1-1/SN-200 platen "$3" && exit 0
    sleep 0.2
done
exit 1
END
chmod +x "$dir/twice"
on_bus tests/devices/scanner_duplex sheets=9 page-bytes=8000 slow-ms=40 -- "$dir/twice" "$B/tests/scan_try" "$dir/b" "$dir/c" \
    >"$dir/out" 2>"$dir/err" || fail "no scan after a kill: $(cat "$dir/out" "$dir/err")"
grep -qx 'done 1' "$dir/out" || fail "after a kill: $(cat "$dir/out")"
whole "$dir"/c/page-1.jpg
shopt -s nullglob
whole "$dir"/b/*.jpg

# Unplugged: exit 4, and the pages before it are there.
code=0
on_bus tests/devices/scanner_duplex sheets=40 page-bytes=6000 slow-ms=30 unplug-ms=900 -- \
    "$B/tests/scan_try" usb:1-1/SN-200 adf "$dir/d" >"$dir/out" 2>"$dir/err" || code=$?
[ $code = 4 ] || fail "unplugged: exit $code: $(cat "$dir/out" "$dir/err")"
kept=$(sed -n 's/^gone //p' "$dir/out")
[ "${kept:-0}" -gt 0 ] || fail "unplugged: nothing kept: $(cat "$dir/out")"
[ "$(ls "$dir/d" | wc -l)" = "$kept" ] || fail "unplugged: $kept told, $(ls "$dir/d") kept"
grep -q "$kept halaman sudah tersimpan" "$dir/out" || fail "unplugged: $(cat "$dir/out")"
whole "$dir"/d/*.jpg
