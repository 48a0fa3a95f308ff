"""Linguistic and code tables as data; each file names its source in its head."""
