"""Data: what the government and the ministry published about working days, with sources."""
