"""The record of processing activities: what the policy declares, beside what runs were seen to do."""
