"""One person, one customer: who is the same behind several customer files.

In: customer records of several systems. Out: clusters with an explanation per link, and a queue of doubtful pairs. Promise:
nobody is merged silently below the threshold. Library: splink on duckdb.
"""
