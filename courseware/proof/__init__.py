"""The proof that the checks are right: the banks of answers, and mutants of the solutions, tried on each."""
