"""The gaps of notebook 01, data and EDA."""
