"""TC strings of IAB Europe's Transparency and Consent Framework 2: read, written, judged.

Sources: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats", versions 2.0 to 2.3,
and the reference implementation `@iabtechlabtcf/core`.
"""
