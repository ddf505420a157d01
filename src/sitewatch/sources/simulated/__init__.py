"""sources/simulated."""
