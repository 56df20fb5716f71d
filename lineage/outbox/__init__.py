"""Events that wait to be emitted: written with the fact they tell of, emitted later, in order per run."""
