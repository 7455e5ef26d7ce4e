"""Damaged input by the hour: whatever comes, the server stays."""
