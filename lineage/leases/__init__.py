"""Work that waits in a table: claimed by one worker for a time, fenced by the number of the attempt.

The row is the truth, and a message at most a wake-up. Whoever claims a row gets a lease and the next attempt.
A worker that dies loses nothing: when the lease is over, another claims the row. One that outlives its lease
goes on undisturbed while nobody wants the row, and writes nothing any more once another has claimed it: its
attempt is no longer the row's. All times are the database's: no worker's clock has a say. What the work does
elsewhere may be done twice; give it a key that stays the same for the row.

A table of leased work needs a partial index over what waits, in the order in which it is claimed. Then a
claim reads as many rows as it takes, however many wait (`./dev bench leases`):

    Index("id", condition=WAITING)               for .order_by("pk"), if few rows rest at a time
    Index(READY_AT, "id", condition=WAITING)     for .order_by(READY_AT, "pk"), if any number may rest

With the first, a claim reads past every row before the due ones that somebody holds or that rests after a
failure. With the second it reads past those only that somebody holds; in return, a row that failed goes
behind those that never did. Both read past what was done since the last vacuum: leave autovacuum on. The
query must ask for the condition in the words of the index.
"""
