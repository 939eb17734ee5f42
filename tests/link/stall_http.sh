#!/usr/bin/env bash
# stall_http.sh - over smart HTTP.
cd "$(dirname "$0")/../.."
. tests/link/stall.inc.sh
stalls http
