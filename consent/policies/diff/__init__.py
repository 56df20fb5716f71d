"""What differs between two texts of a policy, and what that does. Pure, no Django.

`comparing.compare` is the way in. It says of each difference which way it goes: whether more is denied,
or more may be allowed. It may say that it cannot tell; it may never be wrong (`directions`).
"""
