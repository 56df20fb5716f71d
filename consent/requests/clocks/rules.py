"""How periods are counted. Pure: no Django, no clock."""
