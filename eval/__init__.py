"""The evaluator's benches: commands that measure the house from outside and are imported by nobody.

In: the house as its users have it, and data that the project was not written around. Out: tables, JSON and plots with
confidence intervals. Promise: the same seed gives the same figures, and a figure in the README is printed by one of
these.
"""
