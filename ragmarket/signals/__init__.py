"""Who the customer is: from a bank's records to a vector that a model reads.

In: one customer's signals as a plain mapping. Out: numbers in the fixed order of a hashed `FeatureSpec`; for training,
simulated customers whose segment and intent are known. Promise: an unknown key or a wrong type is refused by name, a
missing value is flagged and never guessed, and no signal reaches a prompt. Library: numpy (simulation only). Must not
know: any model.
"""
