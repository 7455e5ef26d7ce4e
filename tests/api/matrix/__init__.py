"""The parts of the matrix test: who asks, about whose things, through which route, and what comes.

What is expected is written here by hand, from the issue's words, and asks nothing of the program.
"""
