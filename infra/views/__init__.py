"""How views are kept: in batches, exactly once, rebuilt beside the live ones and compared."""
