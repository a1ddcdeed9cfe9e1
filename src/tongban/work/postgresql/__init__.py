"""Django's PostgreSQL backend, with statements that are prepared. ENGINE: this package's name."""
