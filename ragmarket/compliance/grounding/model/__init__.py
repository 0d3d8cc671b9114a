"""What the words of a claim say of the words of its evidence, as three probabilities.

In: pairs of a claim and its evidence, as sent and in English words, with what exact comparison found; for training,
claims that people wrote and labelled, the house's phrasebook and labelled public pairs. Out: p(supported),
p(contradicted), p(unsupported) of each pair. Promise: the same pair gives the same answer in every thread and no model
is ever fetched; figures are seen by kind and letter only, so what a figure's value proves is judged elsewhere.
Libraries: torch and transformers. Must not know: settings, documents, or what a verdict leads to.
"""
