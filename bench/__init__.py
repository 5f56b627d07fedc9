"""Benchmarks: what Argus does, beside what the same machine does without it in the same run."""
