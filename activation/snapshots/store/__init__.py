"""The decision store on disk: LMDB, written by one tailer and read by all check servers of a machine.

It holds state and times, never answers. No Django here: the local client keeps such a store too.
"""
