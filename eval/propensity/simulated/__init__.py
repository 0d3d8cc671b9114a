"""The same question on banks whose truth is known: every row beside the best that is possible.

In: presets and seeds of `ragmarket simulate`. Out: one problem of the report of `eval/prediction.py`. Promise: nothing
was tuned on these banks. Libraries: numpy, polars, torch, lightgbm, scikit-learn. Must not know: hidden labels of those
who are judged.
"""
