"""All that an auditor needs to check receipts, manifests, checkpoints and evidence packs: the rest left out.

Pure: no Django, no database, no network. Also a distribution of its own, `accordant-verifier`.
"""
