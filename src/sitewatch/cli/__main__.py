"""``python -m sitewatch.cli``."""

from sitewatch.cli import main

main()
