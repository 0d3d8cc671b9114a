"""Customers who behave alike.

In: transactions as narratives. Out: segments with their quality, noise kept as noise. Promise: new customers are
assigned without refitting. Libraries: scikit-learn; torch for learned pooling.
"""
