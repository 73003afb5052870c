"""`python -m trainset`."""

from trainset.cli import main

main()
