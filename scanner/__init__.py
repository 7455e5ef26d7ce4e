"""Labels out, codes in."""
