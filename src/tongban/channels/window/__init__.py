"""The window: a clerk takes in for another place, hands out results, and moves originals."""
