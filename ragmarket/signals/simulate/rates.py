"""The rates of the simulated world that are single numbers: shares, noise, and what decides an answer."""

from __future__ import annotations

ALIKE = 0.5  # how much of a segment's habits and circumstances is everybody's
PHASES = 3  # of the month, counted from payday
PURPOSEFUL = 0.14  # share of transactions that serve an intent
OTHER_PAYEE = 0.25  # share of purposeful payments that go to any payee
ANY_PRODUCT, KEEP_PRODUCT = 0.2, 0.75
SEARCHES, CLICKS = 0.5, 0.55
OWN_REFERRER, OWN_TIMING = 0.35, 0.5
# Sessions: opened in the app, on the web with a login on the way, on the web without one.
SESSION_KINDS = (0.55, 0.25, 0.20)
LOGGED_IN = SESSION_KINDS[0] + SESSION_KINDS[1]
PLACES = (1.0, 0.75, 0.55, 0.4)  # how much a tile's place weighs in a click
NOTE_RATE = (0.22, 0.38, 0.55)
COMPLAINT_RATE, CONTACT_COMPLAINT_RATE = 0.12, (0.22, 0.06, 0.01)
OVERDISPERSION = 6.0
BALANCE_SD, BALANCE_MEMORY, BALANCE_NOISE = 0.8, 0.7, 0.42
ACTIVITY = (0.7, 1.0, 1.4)
OPEN_BASE, OPEN_CHANNEL, OPEN_TIMING = (-1.1, -0.1, 0.8), 1.1, 0.6
# Tolerance of the customer (row) against intensity of the touch (column).
OPEN_INTENSITY = ((0.2, -0.5, -1.3), (-0.1, 0.3, -0.3), (-0.4, 0.3, 0.9))
RESPOND_BASE, RESPOND_MATCH = (-3.0, -2.2, -1.5), 5.2
HOLDOUT = 0.1
