"""What the `sessions` commands do: fit vectors, make the taxonomy, label visits, link them to customers.

In: a house, and a folder that `ragmarket simulate` wrote or the feature tables that `ragmarket signals publish` wrote.
Out: the session encoder, taxonomy, student and links, kept under the home; readings of visits. Promise: a killed fit
goes on where it was; links hold only visits of customers who agreed; people's edits of the taxonomy win. Libraries:
polars, torch and scikit-learn through `signals.sessions`, lazily. Must not know: who shows what it returns.
"""
