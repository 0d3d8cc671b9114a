"""Customers that never lived, with the answers kept beside them.

In: a preset, a number of customers, a seed. Out: the tables of `ragmarket.signals.tables`, streamed, with a data card;
and the Bayes bound of each target, computed from the very distributions that the customers were drawn from. Promise:
the same seed gives the same bytes whatever the chunk, the first n customers do not depend on how many follow, and no
hidden state enters a feature table. Libraries: numpy, polars. Must not know: any model.
"""
