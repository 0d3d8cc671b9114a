"""Behind the rules: a small trained classifier for prohibited claims that no word list holds.

In: a text and its product class; for training, the written copy of `knowledge/copy/`. Out: at most one finding for
each passage, marked "review", with class and calibrated probability. Promise: the same text gives the same answer in
every thread, and nothing is found below the threshold on the model's card. Libraries: numpy; scikit-learn and scipy to
train. Must not know: guardrails-ai, or who asks.
"""
