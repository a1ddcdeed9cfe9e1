"""The commands of ``tongban``, a module each; ``site/cli.py`` lists them."""
