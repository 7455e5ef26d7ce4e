"""Tests: stories of the regulation, mirroring the packages."""
