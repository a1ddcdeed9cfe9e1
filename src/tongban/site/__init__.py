"""Settings, URLs, wiring: the only place that knows everything."""
