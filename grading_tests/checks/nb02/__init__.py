"""The gaps of notebook 02, the U-Net."""
