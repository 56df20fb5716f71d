"""`accordant-verify`: the auditor's command line."""
