"""Tests of how views are kept."""
