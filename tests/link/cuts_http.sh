#!/usr/bin/env bash
# cuts_http.sh - over smart HTTP.
cd "$(dirname "$0")/../.."
. tests/link/cuts.inc.sh
cuts http
