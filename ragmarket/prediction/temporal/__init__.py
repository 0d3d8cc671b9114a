"""What a customer has done in order, and the intent behind it.

In: behaviour by period. Out: segment, intent, product, channel, timing, intensity and response, jointly. Promise: the
hidden truth of simulated customers never enters a feature. Library: torch. Must not know: the bank.
"""
