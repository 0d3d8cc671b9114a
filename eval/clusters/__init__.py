"""How good segments are, whatever a campaign makes of them.

In: a bank of `ragmarket simulate`, and Berka's transactions where a folder of public tables is given. Out: noise,
separation, stability, drift, lift and offers with intervals over customers, as tables and one page. Promise: the
components are chosen without labels or outcomes, and what is scored was not fitted on. Libraries: numpy, polars,
scikit-learn, rich, matplotlib. Must not know: the hidden segments, but to compare with them.
"""
