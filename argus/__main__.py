"""`python -m argus` is the `argus` command."""

from argus.cli import main

main()
