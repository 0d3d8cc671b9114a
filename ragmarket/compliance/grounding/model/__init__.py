"""What the words of a claim say of the words of its evidence, as three calibrated probabilities.

In: claims in any of the nine languages, evidence sentences in English or the claim's language, a text encoder; for
training, the house's knowledge and labelled public pairs. Out: p(supported), p(contradicted), p(unsupported) for each
pair. Promise: the same pair gives the same answer in every thread and no model is ever fetched; figures are seen by
type only, so what a figure's value proves is judged elsewhere. Libraries: numpy; torch and transformers for training
and for a cross-encoder of the user's choice. Must not know: settings, documents, or what a verdict leads to.
"""
