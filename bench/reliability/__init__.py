"""The reliability cases: the faults a server is put through, and the oracle that judges it."""
