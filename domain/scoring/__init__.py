"""Many stays scored at once, in arrays; the same answers as the ledger's and the clocks'."""
