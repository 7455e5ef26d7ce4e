"""Evidence that nobody altered the log: a Merkle tree over all events, its roots signed and printed.

What it proves, and what not, stands in docs/evidence.md.
"""
