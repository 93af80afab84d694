"""The gaps of notebook 03, losses."""
