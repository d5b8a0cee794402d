#!/bin/sh
# From nothing to figures: start a server in an empty folder, import a file, read the dashboard, stop.
# Needs csm-server and csmctl in PATH, and curl. Everything stays in ./csm-data.
set -eu
here=$(dirname "$0")
export CSM_ADDR="${CSM_ADDR:-127.0.0.1:8080}" CSM_MONITOR_ENDPOINT="http://${CSM_ADDR:-127.0.0.1:8080}"

csm-server >welcome.txt 2>server.log &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" || true' EXIT

until curl -fsS "$CSM_MONITOR_ENDPOINT/readyz" >/dev/null 2>&1; do
    kill -0 "$server" || { cat server.log >&2; exit 1; }
    sleep 0.1
done
CSM_MONITOR_API_KEY=$(grep -o 'amo_[0-9a-z]*' welcome.txt | head -n 1)
export CSM_MONITOR_API_KEY

csmctl import "$here/conversations.ndjson"

figures=$(curl -fsS "$CSM_MONITOR_ENDPOINT/api/v1/cs-metrics/dashboard?start=2026-01-01&end=2026-01-31" \
    -H "X-API-Key: $CSM_MONITOR_API_KEY")
for name in total_conversations escalation_rate avg_csat_score; do
    printf '%s ' "$name"
    printf '%s\n' "$figures" | sed 's/.*"metrics":{//' | grep -o "\"$name\":[^,]*" | head -n 1 | cut -d : -f 2
done
