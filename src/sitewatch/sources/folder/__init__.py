"""sources/folder."""
