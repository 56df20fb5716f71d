"""The preference centre as people see it: what they can choose, what holds, and what was said when."""
