"""Degraded pictures of codes with what is true of them: drawn, laid, lit and photographed by seed.

The same seed makes the same picture. Nothing is loaded: labels are the product's own, papers and
tables are drawn. `python -m tests.bench.pictures --make DIR` writes some to look at.
"""
