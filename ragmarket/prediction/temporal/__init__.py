"""What a customer has done in order, and the intent behind it.

In: a bank's tables by month, and what it learnt afterwards. Out: segment, intent, product, channel, timing, intensity
and response, jointly. Promise: a month knows itself and those before; no hidden truth enters a feature; labels are
optional. Libraries: torch, scipy, scikit-learn, lightgbm, polars. Must not know: who wrote the tables.
"""
