"""How well and how fast sitewatch does on cases whose truth is known."""
