"""What session vectors and named intents are worth, on visits whose purposes are known and on public clickstreams.

In: a bank of `ragmarket simulate`, and public tables where a folder of them is given. Out: figures with intervals over
customers, as tables and one page. Promise: no customer stands both in what was learned from and in what is scored; the
same seed gives the same figures. Libraries: numpy, polars, torch, lightgbm, scikit-learn, rich. Must not know: the
hidden purposes, but to score by them and in the row that says so by name.
"""
