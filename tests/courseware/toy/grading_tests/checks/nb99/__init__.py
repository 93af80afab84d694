"""The gaps of the toy notebook: two functions and one answer in words."""
