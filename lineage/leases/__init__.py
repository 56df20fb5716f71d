"""Work that waits in a table: claimed by one worker for a time, fenced by the number of the attempt.

The row is the truth, and a message at most a wake-up. Whoever claims a row gets a lease and the next attempt.
A worker that dies loses nothing: when the lease is over, another claims the row. One that outlives its lease
writes nothing any more: its attempt is not the row's. Times are the database's, whatever a worker's clock
says. What the work does elsewhere may be done twice; give it a key that stays the same for the row.
"""
