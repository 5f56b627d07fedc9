"""Analysis: what Argus makes of log records beyond storing them: patterns, and insights."""
