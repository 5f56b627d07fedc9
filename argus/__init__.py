"""Argus: one process that receives, keeps and shows OpenTelemetry traces and logs."""

__version__ = "0.1.0"
