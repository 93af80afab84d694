"""The gaps of notebook 04, super-resolution."""
