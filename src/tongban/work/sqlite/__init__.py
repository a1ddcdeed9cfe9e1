"""Django's SQLite backend with writers that queue. ENGINE is ``tongban.work.sqlite``."""
