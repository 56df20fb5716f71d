"""What a policy is held against, one file for each question. Pure: no Django, no clock."""
