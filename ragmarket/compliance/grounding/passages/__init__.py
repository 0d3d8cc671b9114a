"""Which sentences of a longer English answer do the passages it was given not hold?

In: a question (perhaps none), passages, and an answer of several sentences. Out: for each sentence a probability that
the passages do not hold it, and one for the whole answer. Promise: every feature is named and readable; a model is
trained by whoever has data, the same seed gives the same model. Libraries: numpy, LightGBM; torch for token vectors.
Must not know: which benchmark an answer comes from, or which model wrote it.
"""
