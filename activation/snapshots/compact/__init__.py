"""What is known of one person, in few bytes. Pure.

Most people are one subject, with a handful of choices made at a few moments. Their state is a *shape* (what
was said and in which order, as numbers of a dictionary of tokens) and the times that go with it. Two people
of one shape differ in nothing but times, so that what is worked out for a shape holds for all of it.
"""
