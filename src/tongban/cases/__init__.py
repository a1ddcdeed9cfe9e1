"""One application's life."""
