"""ALIMN, equation by equation: text and table, fused by a gate, read by branches.

In: a table of customers with text beside it. Out: a calibrated probability with its reasons. Promise: every equation of
the paper has its function and its test, and what we add to it can be switched off. Library: torch. Must not know: the
bank.
"""
