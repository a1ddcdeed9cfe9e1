"""The desk: where case officers and deciders of the deciding agency work."""
