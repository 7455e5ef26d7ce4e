"""Benches: ratios against a baseline in the same run (`make bench`), never timed tests."""
