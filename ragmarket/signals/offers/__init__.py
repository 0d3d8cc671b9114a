"""What a customer may want next: readable rules beside a learned recommender, each with its evidence.

In: tables of `ragmarket.signals.tables` up to a month; to learn a bank's own recommender, its history of holdings. Out:
product classes in order, with what speaks for each; the recommender with a hold-out beside popularity and rules.
Promise: nothing of a later month is read, and what was learned from other signs is refused. Libraries: polars;
scikit-learn for the learned one. Must not know: policy.
"""
