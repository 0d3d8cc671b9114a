"""What the `segments` commands do, on a simulated bank or the published store; models are kept in the home.

In: a house, and a folder that `ragmarket simulate` wrote or the feature tables that `ragmarket signals publish` wrote.
Out: segments, how good they are, the customers in them and whom a campaign may address, profiles that cite their
statistics, offers with their evidence and the recommender learned from a bank's own history. Promise: people's edits of
profiles stay through later fits; nothing but what was fitted assigns. Libraries: polars and scikit-learn through
`signals`, lazily. Must not know: who shows what it returns.
"""
