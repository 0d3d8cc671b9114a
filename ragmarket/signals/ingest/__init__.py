"""From five source systems to one tidy store.

In: CSV (plain or gzip), Parquet or SQL extracts of core banking, transactions, CRM, digital footprint and market
interest, under the contracts of ``knowledge/ingest/sources.yaml``. Out: feature tables that know a customer by id only,
the history of what each held among them, an identity store beside them, and faults of rows and files that name no
value, closed by the rows that put them right. Promise: a bad row or file stands aside
and the rest goes in; running it twice, late or in another order gives the same tables; a crash leaves what was
committed. Libraries: polars, pandera, duckdb, sqlalchemy. Must not know: models, Settings.
"""
