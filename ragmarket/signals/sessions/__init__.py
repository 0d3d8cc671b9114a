"""What a visit was about: clickstreams to vectors and named intents.

In: the events of one session. Out: a compact vector and an intent of the taxonomy with its confidence. Promise: no label is
needed to learn the vector. Library: torch.
"""
