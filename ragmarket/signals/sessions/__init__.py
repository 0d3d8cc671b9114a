"""What a visit was about: clickstreams to vectors and named intents.

In: the events of one session. Out: a compact vector and an intent of the taxonomy with its confidence and reasons; and,
where a customer agreed, whose visit it was. Promise: no label is needed to learn the vector, no text that a visitor
typed reaches a language model, and no link is made or kept without consent. Libraries: polars, scikit-learn, torch (the
vector only). Must not know: which language model labels, nor where models are kept.
"""
