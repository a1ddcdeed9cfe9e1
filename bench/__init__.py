"""Measurements: ``make bench ONLY=prefix OUT=file.json``; docs/performance.md tells what of."""
