"""One installation becomes two: what goes, how it travels, what becomes of it on either side."""
