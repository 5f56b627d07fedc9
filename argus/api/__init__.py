"""The HTTP surface of the web port."""
