"""Where other governments' nodes come in: no page, no session."""
