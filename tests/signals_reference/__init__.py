"""IAB's own codecs in JavaScript, which ours are compared with."""
