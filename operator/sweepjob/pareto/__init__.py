"""Dominance, Pareto fronts, hypervolume, knee and feasibility: pure functions of values."""
