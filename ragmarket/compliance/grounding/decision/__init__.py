"""What exact comparison and the model's probabilities mean together, learnt from claims of several authors.

In: the signs of one claim, a row of numbers. Out: how probable each verdict is. Promise: the same signs give the same
verdict, and no sign holds a word of the claim. Libraries: numpy, for fitting alone. Must not know: texts.
"""
