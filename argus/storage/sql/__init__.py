"""The SQL backends."""
