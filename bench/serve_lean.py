"""Serves ``bench.lean`` as ``tongban serve`` serves the product, but on SQLite by one process.

SQLite's writers in two processes poll for each other, which the lean function has no queue against:
two served a sixth less than one on a quiet machine, four tenths less on a busy one. A limit is what
the machine can do, so it gets the faster.
"""

from dataclasses import replace

from tongban.site.commands.serve import server_of
from tongban.site.environment import Environment

if __name__ == "__main__":
    environment = Environment.read()
    if not environment.database_url:
        environment = replace(environment, processes=1)
    server_of(environment, target="bench.lean:application").serve()
