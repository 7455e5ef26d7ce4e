"""Bags, registries and the packets in them, told as stories."""
