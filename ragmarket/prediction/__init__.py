"""What would serve a customer: segment, intent, products, channels, times and response, as calibrated probabilities.

In: a brief and, if the bank gives them, one customer's signals; to train, a bank's tables. Out: a `Prediction` with its
reasons, the checkpoint that answered and what was not known. Promise: it chooses emphasis and never text; what the
caller said wins; a doubtful or stale prediction becomes the neutral one and says so; a checkpoint for other features
is refused by name.
Libraries: numpy to serve; scikit-learn, lightgbm, polars (and torch, in `alimn` and `temporal`) to train. Must not
know: how signals are gathered, what a document says.
"""
