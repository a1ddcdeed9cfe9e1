"""Keys, envelope encryption, blind index."""
