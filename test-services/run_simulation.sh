#!/usr/bin/env bash
# Finds the checkout's Python and runs simulation.py with it: the shop's services, their customers, one summary.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-$here/../.venv/bin/python}
needed='uvicorn starlette httpx2 opentelemetry.exporter.otlp.proto.grpc opentelemetry.exporter.otlp.proto.http opentelemetry.sdk'

if ! "$python" -c 'import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))' \
    $needed 2>/dev/null; then
    echo "run_simulation: $python is missing or lacks the simulation's packages; run 'make .venv' first" >&2
    exit 1
fi
exec "$python" "$here/simulation.py" "$@"
