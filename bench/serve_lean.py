"""Serves ``bench.lean`` exactly as ``tongban serve`` serves the product."""

from tongban.site.commands.serve import server_of
from tongban.site.environment import Environment

if __name__ == "__main__":
    server_of(Environment.read(), target="bench.lean:application").serve()
