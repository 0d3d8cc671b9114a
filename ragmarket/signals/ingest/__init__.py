"""From five source systems to one tidy store.

In: CSV, Parquet or SQL extracts of core banking, transactions, CRM, digital footprint and browsing. Out: typed tables; bad
rows stand aside with their reasons. Promise: running it twice changes nothing. Libraries: polars, duckdb, pandera.
"""
