"""The fast check server: HTTP/1.1 on uvloop and httptools, with no framework in it."""
