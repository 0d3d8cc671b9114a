"""What a customer may want next: readable rules beside a learned recommender, each with its evidence.

In: tables of `ragmarket.signals.tables` up to a month. Out: product classes in order, with what speaks for each.
Promise: nothing of a later month is read. Libraries: polars; scikit-learn for the learned one. Must not know: policy.
"""
