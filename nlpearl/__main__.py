"""`python -m nlpearl`: the command."""

from .cli import main

main()
