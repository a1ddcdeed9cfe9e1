"""Screens: portal, window, desk. No rules; every change goes through a verb."""
