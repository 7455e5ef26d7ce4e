"""Evidence that nobody altered the log: a Merkle tree over all events, its roots signed.

What it proves, and what not, stands in docs/evidence.md.
"""
