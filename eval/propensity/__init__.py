"""Does a model of propensity predict better than what a bank already has?

In: public tables as problems with their splits, and simulated banks whose bounds are known. Out: every system's figures
on the same folds, tested in pairs, as tables and one page. Promise: every system sees the same folds and number
of tuning trials, on the first training fold alone; what is finished is kept and not run again. Libraries: numpy,
scikit-learn, torch, the baselines' own packages, matplotlib. Must not know: a test fold, until it is scored.
"""
