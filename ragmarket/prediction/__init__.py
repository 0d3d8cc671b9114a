"""What would serve a customer: segment, intent, products, channels and response, as calibrated probabilities.

In: a brief and, if the bank gives them, one customer's signals. Out: a `Prediction` with its reasons. Promise: it
chooses emphasis and never text; what the caller said wins; a doubtful or stale prediction becomes the neutral one and
says so.
Libraries: numpy to serve; scikit-learn, lightgbm, polars (and torch, in `alimn`) to train. Must not know: how signals
are gathered, what a document says.
"""
