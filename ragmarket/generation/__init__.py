"""Saying it: from evidence with named figure slots to claims in the customer's language.

In: brief, prediction, policy, evidence. Out: a `Draft` of claims, each citing evidence, every figure still a slot.
Promise: no engine can write a digit, cite what was not retrieved, or drop a figure of the evidence it cites, because
the request's grammar has no such sentence. Libraries: transformers, torch, xgrammar (engines and writer only). Must
not know: how evidence was found, what a disclaimer is.
"""
