"""GPP strings: IAB Tech Lab's Global Privacy Platform, one string for the choices of many jurisdictions.

`decode` is strict, `decode_leniently` ignores what is wrong and says so, `encode` writes the form of the
reference library.
"""
