"""The reliability cases: an oracle outside the server, the faults it is put through, what it kept."""
