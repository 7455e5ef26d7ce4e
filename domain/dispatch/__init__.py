"""Dispatch between a centre and an authority: registries, sealed bags, hand-overs, discrepancies.

The collecting department gathers packets into a registry, a courier carries them twice a day, the
office takes them; and the same on the way back [003 service 7 §11, rows 2-4 and 11-13]. Both sides
scan at both ends: custody moves when the receiver accepts, opening a bag infers that its packets
have arrived, scanning each verifies it.
"""
