"""Tests of domain.dispatch."""
