#!/usr/bin/env bash
# receiptline.sh - the printer of the tests against jobs of another generator.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node --test tests/devices/receiptline.mjs
