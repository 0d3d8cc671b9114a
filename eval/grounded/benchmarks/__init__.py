"""Public benchmarks of grounding, scored beside their published records.

In: a folder of downloaded sets and a place for features. Out: scores with intervals, the records beside them, and in a
sentence what was fitted on what. Promise: nothing is fitted on a row that is scored; a set that is not there is named
and left out. Libraries: numpy, LightGBM, scikit-learn. Must not know: the house's drafts.
"""
