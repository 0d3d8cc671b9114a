"""The operations, one file per noun: drafts, check, ledger, documents, health.

In: a request that `schemas` has read. Out: what the house answers. Promise: plain functions that run in FastAPI's
thread pool, and no decision of their own. Must not know: any workshop.
"""
