#!/usr/bin/env bash
# Finds the checkout's Python and runs simulation.py with it: the shop's services, their customers, one summary.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-$here/../.venv/bin/python}
needed='uvicorn starlette httpx2 opentelemetry.exporter.otlp.proto.grpc opentelemetry.exporter.otlp.proto.http opentelemetry.sdk'

complete() {
    "$python" -c 'import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))' $needed 2>/dev/null
}
# In a checkout the packages are installed on the first run, pinned; another Python is left as it is.
complete || [ -n "${PYTHON:-}" ] || make --no-print-directory -C "$here/.." .venv/.simulation
if ! complete; then
    echo "run_simulation: $python is missing or lacks the packages of the 'simulation' extra" >&2
    exit 1
fi
exec "$python" "$here/simulation.py" "$@"
