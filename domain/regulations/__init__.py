"""The editions of the regulations as data: one TOML file an edition, its reader and its book."""
