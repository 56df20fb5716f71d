"""The rules of requests. Pure: no Django, no clock."""
