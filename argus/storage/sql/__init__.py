"""The SQL backends; reached through `argus.storage.open` only."""
