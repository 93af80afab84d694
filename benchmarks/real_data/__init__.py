"""Shared by `real_cases.py` and `real_films.py`: networks that are kept, scores, tables, pictures."""
