"""One person, one customer: who is the same behind several customer files.

In: identity records of several systems (a polars frame, columns of `records.RAW_COLUMNS`). Out: customers with an
explanation per link, and a queue of doubtful pairs. Promise: no label is needed; nobody is merged on a household's
evidence alone, a decision by a person is never overruled, and the same records give the same customers. Libraries:
polars, splink on duckdb (or on Spark). Must not know: what the customers do, Settings.
"""
